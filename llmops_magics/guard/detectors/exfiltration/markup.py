"""Where a text names addresses: Markdown, HTML and style sheets, and bare ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# Any of these may be fetched without a click; in the others somebody clicks.
_FETCHED_TAGS: Final = frozenset(
    """
    img image source video audio iframe embed object link script input body track svg use frame
    table td th
    """.split()  # noqa: SIM905 (a list of quoted tags is not readable)
)
_MARKDOWN_IMAGE: Final = re.compile(r"!\[[^\[\]\n]{0,500}\]\([ \t]{0,9}<?([^\s<>()]{1,4000})")
_REFERENCE_IMAGE: Final = re.compile(r"!\[[^\[\]\n]{0,500}\]\[([^\[\]\n]{0,200})\]")
_DEFINITION: Final = re.compile(
    r"^[ \t]{0,3}\[([^\[\]\n]{1,200})\]:[ \t]{0,9}<?([^\s<>]{1,4000})", re.MULTILINE
)
_TAG: Final = re.compile(r"<([A-Za-z]{1,12})\b([^<>]{0,4000})")
_ATTRIBUTE: Final = re.compile(
    r"\b(?:src|srcset|href|data|poster|background|action|formaction)[ \t\n]{0,9}=[ \t\n]{0,9}"
    r"[\"']?([^\s\"'<>]{1,4000})",
    re.IGNORECASE,
)
_STYLE: Final = re.compile(
    r"(?:\burl\([ \t]{0,9}|@import[ \t]{1,9})[\"']?([^\s\"'<>();]{1,4000})", re.IGNORECASE
)
_BARE: Final = re.compile(r"\b(?:https?|ftp|wss?)://[^\s<>\"'`()\[\]{}|\\^]{1,4000}", re.IGNORECASE)
# A slot that is to be filled with data may hold what no address does.
_SLOT: Final = re.compile(r"\{[^{}\n]{1,80}\}|<[^<>\n]{1,80}>|\[[^\[\]\n]{1,80}\]")
_TRAILING: Final = ".,;:!?*_~"


class Address(NamedTuple):
    """An address and where it stands; ``is_fetched`` without anybody's click."""

    url: str
    start: int
    end: int
    is_fetched: bool


def addresses(text: str) -> list[Address]:
    """Return the addresses of a text that name a host, each once, in order."""
    found: dict[int, Address] = {}
    for address in (*_images(text), *_in_tags(text), *_matches(_STYLE, text, is_fetched=True)):
        known = found.get(address.start)
        if _names_host(address.url) and not (known and known.is_fetched):
            found[address.start] = address
    for address in _bare(text):
        found.setdefault(address.start, address)
    return [found[start] for start in sorted(found)]


def _bare(text: str) -> Iterator[Address]:
    for match in _BARE.finditer(text):
        slot = _SLOT.match(text, match.end()) if match.group()[-1] in "=/&-_." else None
        end = slot.end() if slot else match.end()
        url = text[match.start() : end].rstrip("" if slot else _TRAILING)
        yield Address(url, match.start(), match.start() + len(url), is_fetched=False)


def _images(text: str) -> Iterator[Address]:
    if "![" not in text:
        return
    yield from _matches(_MARKDOWN_IMAGE, text, is_fetched=True)
    named = {m.group(1).casefold() for m in _REFERENCE_IMAGE.finditer(text)}
    for match in _DEFINITION.finditer(text) if named else ():
        if match.group(1).casefold() in named:
            yield Address(match.group(2), *match.span(2), is_fetched=True)


def _in_tags(text: str) -> Iterator[Address]:
    for tag in _TAG.finditer(text):
        is_fetched = tag.group(1).lower() in _FETCHED_TAGS
        for match in _ATTRIBUTE.finditer(tag.group(2)):
            start = tag.start(2) + match.start(1)
            yield Address(match.group(1), start, start + len(match.group(1)), is_fetched)


def _matches(pattern: re.Pattern[str], text: str, *, is_fetched: bool = False) -> Iterator[Address]:
    group = pattern.groups
    for match in pattern.finditer(text):
        url = match.group(group).rstrip(_TRAILING)
        yield Address(url, match.start(group), match.start(group) + len(url), is_fetched)


def _names_host(url: str) -> bool:
    return "://" in url[:12] or url.startswith(("//", "\\\\", "/\\"))
