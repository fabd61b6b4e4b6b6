"""A prompt's text as sentences, so that a change of it can be taken apart.

A sentence ends at a full stop, a question or exclamation mark before white space, or at the end
of its line: list items and headings are sentences of their own. Jinja's tags are never cut, and
an abbreviation, an initial or the number of a list item ends nothing. Joined again, the sentences
are the text, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llmops_magics.prompts.jinja_tag import jinja_tags

_BOUNDARY = re.compile(
    r"(?P<tag>\{[{%\#])"
    r"|(?P<line>(?<![ \t\r])[ \t\r]*+\n\s*)"
    r"|(?P<stop>(?<![.!?…])[.!?…]++[\"')\]”’»*_`]*+"  # noqa: RUF001
    r"(?:\{%[-+]?\s*+end\w++\s*+[-+]?%\})*+)[ \t]++(?=\S)"
    r"|(?P<wide>[。！？]+)",  # noqa: RUF001 -- full-width: no space follows
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:e\.g|i\.e|cf|vs|approx|nr|fig|eq|dr|mr|mrs|ms|prof|st|(?-i:[A-Z]))$",
    re.IGNORECASE,
)
_MARKER = re.compile(r"\A\s*+(?:[-*+]\s*+)?(?:\d{1,3}|[a-zA-Z])$")
_NAME = re.compile(r"\{%[-+]?\s*+(\w++)(.*?)(%\}|\Z)", re.DOTALL)
_LOOK_BACK = (
    200  # characters before a stop, in which an abbreviation or a list item's number stands
)
_OPENING = frozenset({"if", "for", "macro", "call", "filter", "raw", "with", "autoescape", "block"})


class Sentence(NamedTuple):
    """The white space before a sentence, and the sentence."""

    gap: str
    text: str


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text, none for the empty text."""
    body = text.lstrip()
    gap, start = text[: len(text) - len(body)], len(text) - len(body)
    sentences = []
    for end, following in _boundaries(text, start):
        sentences.append(Sentence(gap, text[start:end]))
        gap, start = text[end:following], following
    if start < len(text) or gap:
        sentences.append(Sentence(gap, text[start:]))
    return sentences


def depth(text: str) -> int:
    """Return how many Jinja blocks a text opens and does not close; below 0 the other way."""
    total = 0
    for name, rest, closing in _NAME.findall(text):
        if not closing:
            break
        if name in _OPENING or (name == "set" and "=" not in rest):
            total += 1
        elif name.startswith("end"):
            total -= 1
    return total


def _boundaries(text: str, start: int) -> list[tuple[int, int]]:
    """Return where sentences end and the next begin; the end of the text is none of them."""
    found = []
    for match in _matches(text, start):
        end, following = match.end("stop") if match["stop"] else match.start(), match.end()
        if following == len(text) or (match["wide"] and end == start):
            continue
        if match["stop"] and not _ends(
            text[max(start, match.start() - _LOOK_BACK) : match.start()],
            match["stop"],
            text[following],
        ):
            continue
        found.append((following if match["wide"] else end, following))
        start = following
    return found


def _matches(text: str, start: int) -> Iterator[re.Match[str]]:
    """Yield what may end a sentence, outside Jinja's tags."""
    ends = dict(jinja_tags(text))
    match = _BOUNDARY.search(text, start)
    while match:
        following = match.end()
        if match["tag"]:  # text where nothing closes it
            following = ends.get(match.start(), match.start() + 1)
        else:
            yield match
        match = _BOUNDARY.search(text, following)


def _ends(before: str, stop: str, following: str) -> bool:
    if following.islower():
        return False
    line = before.rpartition("\n")[2]
    return stop != "." or not (_ABBREVIATION.search(before) or _MARKER.fullmatch(line))
