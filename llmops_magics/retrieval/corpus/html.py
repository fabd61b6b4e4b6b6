"""The text of an HTML page: what a reader sees, block by block; no script, style or comment.

What is taken out is text, and stays text: nothing of a page is ever run or shown as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.encoding import decode
from llmops_magics.retrieval.corpus.file import SourceFile
from llmops_magics.retrieval.corpus.text import encoding_of, unify

_DECLARED = re.compile(rb"<meta[^>]+charset=[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_HEAD_BYTES = 4096
MAX_PAGE_BYTES = 10_000_000  # the tree of a page takes some seventy times that
_DROPPED = frozenset({"script", "style", "template", "noscript", "head", "svg", "iframe", "object"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"}
    | {"h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table"}
    | {"tbody", "tfoot", "thead", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_BLANKS = re.compile(r"[ \t\r\f\v\n]+")
_EDGES = re.compile(r"(?<! ) *\n *")  # begun inside a run of blanks it would be quadratic
_KEPT = "\x00"  # a blank that counts, for a while; no decoded text has one
_GAPS = re.compile(r"\n{3,}")


def load_html(file: SourceFile) -> Iterator[Mapping[str, Any]]:
    """Yield the one document of a page."""
    content, changed_at = file.read()
    if len(content) > MAX_PAGE_BYTES:
        raise RetrievalError(f"a page over {MAX_PAGE_BYTES // 1_000_000} MB")
    found = _DECLARED.search(content[:_HEAD_BYTES])
    declared = found[1].decode("ascii") if found else ""
    decoded = decode(content, declared=declared, fallback=file.encoding)
    title, text = read_page(decoded.text)
    yield {"title": title, "text": text, "updated_at": changed_at, **encoding_of(decoded)}


def read_page(page: str) -> tuple[str, str]:
    """Return the title and the text of a page."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(unify(page), "html.parser")
    title = soup.title.get_text() if soup.title else ""
    pieces = "".join(_pieces(soup))
    text = _GAPS.sub("\n\n", _EDGES.sub("\n", pieces)).strip().replace(_KEPT, " ")
    return _BLANKS.sub(" ", title).strip(), text


def _pieces(soup: Any) -> Iterator[str]:
    """Walk the tree without recursion: a page may nest as deep as it likes."""
    from bs4.element import NavigableString, PreformattedString, Tag

    stack: list[tuple[Any, bool]] = [(child, False) for child in reversed(soup.contents)]
    while stack:
        node, is_pre = stack.pop()
        if isinstance(node, str) and not isinstance(node, NavigableString):
            yield node  # an end that was put here below
        elif isinstance(node, PreformattedString):
            continue  # a comment, a doctype
        elif isinstance(node, NavigableString):
            yield str(node).replace(" ", _KEPT) if is_pre else _BLANKS.sub(" ", node)
        elif isinstance(node, Tag) and node.name not in _DROPPED:
            edge = _edge(node.name)
            yield edge
            stack.append((edge if node.name in _BLOCKS else "", False))
            is_inside = is_pre or node.name == "pre"
            stack += [(child, is_inside) for child in reversed(node.contents)]


def _edge(name: str) -> str:
    if name == "br":
        return "\n"
    if name in _CELLS:
        return " "
    return (
        "\n\n"
        if name in _BLOCKS and name not in ("li", "tr", "dt", "dd")
        else ("\n" if name in _BLOCKS else "")
    )
