"""``markdown``: a section stays whole, with its subsections, as long as it fits.

A section is a heading (``#`` or underlined, outside fenced code) with what follows it up to the
next. One that is too long is taken apart: its subsections each for themselves, its own text by
blocks, so that fenced code and paragraphs are cut last, and then by ``semchunk``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise
from typing import NamedTuple

from llmops_magics.record import digest
from llmops_magics.retrieval.chunking.chunker import Spans
from llmops_magics.retrieval.chunking.semantic import semantic_spans
from llmops_magics.retrieval.chunking.size import Size
from llmops_magics.retrieval.chunking.tokenizer import Tokenizer

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


class _Line(NamedTuple):
    start: int
    end: int
    level: int  # of the heading that begins here; 0 for any other line
    is_break: bool  # a block ends before this line


class MarkdownChunker:
    """Cuts at headings, then at blocks, then with ``semchunk``.

    Overlap is that of pieces of one block that is too long: sections share nothing.
    """

    def __init__(self, size: Size, tokenizer: Tokenizer) -> None:
        self.size = size
        self.tokenizer = tokenizer
        self.name = f"markdown:{size}"
        self.fingerprint = digest([self.name, tokenizer.fingerprint, version("semchunk")])

    def split(self, text: str) -> Spans:
        """Return the places of the chunks, which begin and end with no blank."""
        lines = _lines(text)
        spans = self._sections(text, lines) if lines else []
        stripped = (_stripped(text, *span) for span in spans)
        return [(start, end) for start, end in stripped if start < end]

    def _sections(self, text: str, lines: list[_Line]) -> Iterator[tuple[int, int]]:
        """Take sections in order, each as far as it and what is below it fit together."""
        heads = [0, *(n for n, line in enumerate(lines) if line.level and n)]
        ends = _section_ends(lines, heads)
        place = 0
        while place < len(heads):
            first, (own, whole) = heads[place], ends[place]
            if self._fits(text, lines[first].start, lines[whole - 1].end):
                yield lines[first].start, lines[whole - 1].end
                place = _after(heads, whole)
            else:
                yield from self._blocks(text, lines[first:own])
                place += 1

    def _blocks(self, text: str, lines: list[_Line]) -> Iterator[tuple[int, int]]:
        """Pack blocks while they fit; cut the ones that do not fit alone."""
        cuts = [0, *(n for n, line in enumerate(lines) if line.is_break and n), len(lines)]
        start, end = lines[0].start, lines[0].start
        for first, last in pairwise(cuts):
            block = lines[first].start, lines[last - 1].end
            if self._fits(text, start, block[1]):
                end = block[1]
                continue
            if start < end:
                yield from self._pieces(text, start, end)
            start, end = block
        yield from self._pieces(text, start, end)

    def _pieces(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        if self._fits(text, start, end):
            yield start, end
            return
        for first, last in semantic_spans(text[start:end], self.size, self.tokenizer):
            yield start + first, start + last

    def _fits(self, text: str, start: int, end: int) -> bool:
        return self.tokenizer.count(text[start:end]) <= self.size.tokens


def _section_ends(lines: list[_Line], heads: list[int]) -> list[tuple[int, int]]:
    """Return for each section the lines at which its own text, and the whole of it, end."""
    ends: list[tuple[int, int]] = []
    open_above: list[tuple[int, int]] = []  # place in heads, level
    wholes = [len(lines)] * len(heads)
    for place, head in enumerate(heads):
        level = lines[head].level
        # What stands before the first heading is a section of its own.
        while open_above and (open_above[-1][1] >= level or open_above[-1][1] == 0):
            wholes[open_above.pop()[0]] = head
        open_above.append((place, level))
    for place in range(len(heads)):
        own = heads[place + 1] if place + 1 < len(heads) else len(lines)
        ends.append((own, wholes[place]))
    return ends


def _after(heads: list[int], line: int) -> int:
    return bisect_left(heads, line)


def _lines(text: str) -> list[_Line]:
    """Return the lines with what they begin; inside fenced code nothing begins."""
    found: list[_Line] = []
    start, fence, was_blank = 0, "", True
    raw = text.splitlines(keepends=True)
    for number, line in enumerate(raw):
        bare = line.rstrip("\r\n")
        mark = _FENCE.match(bare)
        level, is_break = 0, False
        if fence:
            if mark and mark[1].startswith(fence) and not bare.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence, is_break = mark[1], True
        else:
            level = _level(bare, raw[number + 1] if number + 1 < len(raw) else "", was_blank)
            is_break = bool(level) or (was_blank and bool(bare.strip()))
        found.append(_Line(start, start + len(line), level, is_break))
        was_blank = not bare.strip() and not fence
        start += len(line)
    return found


def _level(line: str, following: str, was_blank: bool) -> int:
    """Return the level of a heading: 1 to 6, or 0 for another line."""
    marked = _HEADING.match(line)
    if marked:
        return len(marked[1])
    under = _UNDERLINE.match(following.rstrip("\r\n")) if line.strip() and was_blank else None
    return 0 if under is None else 1 if under[1].startswith("=") else 2


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the blanks at both ends."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return (start + left, start + left + len(piece.strip()))
