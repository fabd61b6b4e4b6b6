"""Plain text and Markdown; the front matter of Markdown becomes metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from llmops_magics.config.yaml_limit import YamlAliasError, refuse_surprises
from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.encoding import Decoded, decode
from llmops_magics.retrieval.corpus.file import SourceFile

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}# +(\S.*)")
_SAYS_GROUPS = re.compile(r"^[ \t{\"'\[-]*groups[\"']?[ \t]*:", re.MULTILINE | re.IGNORECASE)
_HEADING_LINES = 50
_MAX_FRONT_MATTER = 64 * 1024
_DECIDE = ("title", "groups", "source")  # fields of a document, not metadata
_NEVER = ("id", "text", "updated_at", "metadata")  # said by the file itself


def load_text(file: SourceFile) -> Iterator[Mapping[str, Any]]:
    """Yield the one document of a text file."""
    content, changed_at = file.read()
    decoded = decode(content, fallback=file.encoding)
    yield {"text": unify(decoded.text), "updated_at": changed_at, **encoding_of(decoded)}


def load_markdown(file: SourceFile) -> Iterator[Mapping[str, Any]]:
    """Yield the one document of a Markdown file: its text as it stands under the front matter."""
    content, changed_at = file.read()
    decoded = decode(content, fallback=file.encoding)
    head, text = split_front_matter(unify(decoded.text))
    own = {key: head[key] for key in _DECIDE if key in head}
    if not isinstance(own.get("title", ""), str):
        own["title"] = str(own["title"])
    metadata = {key: value for key, value in head.items() if key not in (*_DECIDE, *_NEVER)}
    yield {
        "title": _first_heading(text),
        **{key: value for key, value in own.items() if key != "title" or value},
        "text": text,
        "updated_at": changed_at,
        "metadata": {**metadata, **encoding_of(decoded)},
    }


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return the mapping between ``---`` lines at the start, and the text under it.

    What is there but is no plain mapping is part of the text, unless it names groups: what was
    meant for some is not for everybody because of a slip. Raises ``RetrievalError`` for that.
    """
    found = _FRONT_MATTER.match(text[: _MAX_FRONT_MATTER + 16])
    if found is None:
        _refuse_groups(text[: text.find("\n\n", 4)] if text.startswith("---\n") else "")
        return {}, text
    import yaml

    source = found[1] or ""
    try:
        refuse_surprises(source)
        head = yaml.safe_load(source)
    except YamlAliasError:
        raise RetrievalError("front matter with YAML aliases") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        _refuse_groups(source)
        return {}, text
    if not isinstance(head, dict):
        _refuse_groups(source)
        return ({}, text) if source.strip() else ({}, text[found.end() :])
    named = {str(key): value for key, value in head.items()}
    return {_field(key): value for key, value in named.items()}, text[found.end() :]


def _field(key: str) -> str:
    """Return ``groups`` for it however it is cased, else the key."""
    return "groups" if key.strip().casefold() == "groups" else key


def _refuse_groups(source: str) -> None:
    if _SAYS_GROUPS.search(source):
        raise RetrievalError("front matter that names groups and cannot be read")


def unify(text: str) -> str:
    r"""Return a text whose lines all end in ``\n``: offsets are the same on every system."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def encoding_of(decoded: Decoded) -> dict[str, str]:
    """Return the metadata that names an encoding other than UTF-8."""
    return {} if decoded.encoding in ("utf-8", "ascii") else {"encoding": decoded.encoding}


def _first_heading(text: str) -> str:
    fence = ""
    for line in text[:20_000].split("\n")[:_HEADING_LINES]:
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and line.strip().startswith(fence) else fence or mark[1]
        elif not fence and (heading := _HEADING.match(line)):
            title = heading[1].strip()
            bare = title.rstrip("#")  # a heading may be closed by them
            return bare.strip() if bare.endswith(" ") else title
    return ""
