"""The words that went and came between two texts.

Lines are compared first, and words only inside the lines that changed. Texts that share too little
to be read word by word are shown as one that went and one that came. Whatever is left out of a
long text is counted where it stood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from llmops_magics.views.alignment import align

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WENT = "del"
CAME = "ins"
SAME = ""
LEFT_OUT = "left out"  # a note in place of text
# A line is shown whole up to this length; beyond it, only so much around each change.
LONG_LINE_CHARACTERS = 1_000
AROUND_CHARACTERS = 120
MAX_CHANGED_CHARACTERS = 20_000
MAX_PIECES = 1_000
MAX_WORDS = 60_000  # of both texts, in one change
_LEAST_COMMON = 0.25
_WORD_CHARACTERS = 30  # so near a space, a text is not cut inside a word
# A word carries the space after it, and a number with its point is one word. Chinese and Japanese
# have no spaces: a character is a word.
_CJK = r"\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"\d+(?:[.,]\d+)+\s*|[^\W{_CJK}]+\s*|[{_CJK}]|[^\w\s]\s*|\s+")
_STOP = r".!?\u3002\uff01\uff1f"
_SENTENCE = re.compile(rf"[^{_STOP}]+[{_STOP}]*\s*|[{_STOP}]+\s*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LETTER = re.compile(r"\w")


class Piece(NamedTuple):
    """A part of two texts, and what became of it: SAME, WENT or CAME."""

    mark: str
    text: str


def text_pieces(before: str, after: str) -> list[Piece]:
    """Compare whole texts: lines first, then sentences, then the words of those that changed."""
    return _merged(_compared(before, after, (_LINE, _SENTENCE)))


def word_pieces(before: str, after: str) -> list[Piece]:
    """Compare two lines word by word; in what changes together, what went stands first."""
    is_long = len(before) + len(after) > 2 * LONG_LINE_CHARACTERS
    return _merged(_compared(before, after, (_SENTENCE,) if is_long else ()))


def _compared(before: str, after: str, levels: tuple[re.Pattern[str], ...]) -> Iterator[Piece]:
    """Compare in parts of each level, and those that differ in parts of the next."""
    if not levels:
        yield from _words(before, after)
        return
    old, new = levels[0].findall(before), levels[0].findall(after)
    for same, a, b, c, d in align(old, new):
        if same:
            yield Piece(SAME, "".join(old[a:b]))
        else:
            yield from _compared("".join(old[a:b]), "".join(new[c:d]), levels[1:])


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    whole = [Piece(WENT, before), Piece(CAME, after)]
    if len(old) + len(new) > MAX_WORDS:
        yield from whole
        return
    pieces: list[Piece] = []
    common = 0
    for same, a, b, c, d in align(old, new):
        if same:
            pieces.append(Piece(SAME, "".join(old[a:b])))
            common += len(pieces[-1].text.strip())
        else:
            pieces += [Piece(WENT, "".join(old[a:b])), Piece(CAME, "".join(new[c:d]))]
    is_readable = common >= _LEAST_COMMON * min(len(before), len(after))
    yield from _without_specks(pieces) if is_readable else whole


def likeness(before: frozenset[str], after: frozenset[str]) -> float:
    """Return the Dice coefficient of two sets of words: 1 for the same, 0 for nothing shared."""
    total = len(before) + len(after)
    return 2 * len(before & after) / total if total else 1.0


def bag(line: str) -> frozenset[str]:
    """Return the set of a line's words."""
    return frozenset(word.rstrip() for word in _WORD.findall(line[:LONG_LINE_CHARACTERS]))


def side(pieces: Iterable[Piece], mark: str) -> list[Piece]:
    """Return one text's pieces: what is the same, and what went (or came)."""
    return [piece for piece in pieces if piece.mark in (SAME, mark)]


def shortened(pieces: list[Piece]) -> list[Piece]:
    """Leave out what no reader goes through, with a count in its place."""
    size = sum(len(piece.text) for piece in pieces)
    if size <= LONG_LINE_CHARACTERS:
        return pieces
    shown: list[Piece] = []
    for index, piece in enumerate(pieces[:MAX_PIECES]):
        first, last = index == 0, index == len(pieces) - 1
        shown += _around(piece, first, last) if piece.mark == SAME else _start(piece)
    rest = sum(len(piece.text) for piece in pieces[MAX_PIECES:])
    return [*shown, _note(rest, "more")] if rest else shown


def _around(piece: Piece, first: bool, last: bool) -> Iterator[Piece]:
    """Keep of unchanged text what is next to a change."""
    text = piece.text
    if first and last:
        yield from _start(piece)
        return
    if len(text) <= 4 * AROUND_CHARACTERS:
        yield piece
        return
    head, tail = AROUND_CHARACTERS, len(text) - AROUND_CHARACTERS
    head = 0 if first else text.rfind(" ", head - _WORD_CHARACTERS, head) + 1 or head
    tail = len(text) if last else text.find(" ", tail - 1, tail + _WORD_CHARACTERS) + 1 or tail
    yield Piece(SAME, text[:head])
    yield _note(tail - head, "unchanged")
    yield Piece(SAME, text[tail:])


def _start(piece: Piece) -> Iterator[Piece]:
    rest = len(piece.text) - MAX_CHANGED_CHARACTERS
    yield Piece(piece.mark, piece.text[:MAX_CHANGED_CHARACTERS])
    if rest > 0:
        yield _note(rest, "more")


def _note(characters: int, what: str) -> Piece:
    return Piece(LEFT_OUT, f" […{characters:,} {what} characters…] ")


def _without_specks(pieces: list[Piece]) -> Iterator[Piece]:
    """Let a change swallow a space or a comma that alone stayed the same within it."""
    for index, piece in enumerate(pieces):
        within = 0 < index < len(pieces) - 1
        is_same = piece.mark == SAME and "\n" not in piece.text
        if within and is_same and not _LETTER.search(piece.text):
            yield Piece(WENT, piece.text)
            yield Piece(CAME, piece.text)
        else:
            yield piece


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Join neighbours, so that each change is one text that went and one that came."""
    merged: list[Piece] = []
    went: list[str] = []
    came: list[str] = []

    def settle() -> None:
        texts = ((WENT, "".join(went)), (CAME, "".join(came)))
        merged.extend(Piece(mark, text) for mark, text in texts if text)
        went.clear()
        came.clear()

    for piece in pieces:
        if piece.mark == SAME:
            if not piece.text:
                continue
            settle()
            if merged and merged[-1].mark == SAME:
                merged.append(Piece(SAME, merged.pop().text + piece.text))
            else:
                merged.append(piece)
        else:
            (went if piece.mark == WENT else came).append(piece.text)
    settle()
    return merged
