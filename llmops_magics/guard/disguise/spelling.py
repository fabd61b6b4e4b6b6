"""Words that are spelled so that no pattern knows them: spaced out, in digits, turned about.

A spelling is only undone where it gives words that are known, so that ordinary text has no more
views than it needs.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from llmops_magics.guard.disguise.encodings import MARGIN
from llmops_magics.guard.disguise.view import Edit, TextView, rewritten
from llmops_magics.guard.disguise.words import KNOWN, LONGEST, segmented

_SPACED: Final = re.compile(r"(?<![^\W_])[^\W_](?:[ \n.\-_*|/·•,~+]{1,3}[^\W_](?![^\W_])){4,}")
_SINGLE: Final = re.compile(r"[^\W_]")
_LEET: Final = re.compile(r"[A-Za-z0-9@$!|+]{3,40}")
_WORD: Final = re.compile(r"[A-Za-z]{3,40}")
_LINE: Final = re.compile(r"[^\n]{1,2000}")
_DIGITS: Final = tuple(
    str.maketrans("0134578@$!|+", letters) for letters in ("oieastbasilt", "oleastbasilt")
)
_LONG_RUN: Final = 12  # letters of a spaced-out run that are read together, known or not
_ROT13: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)
_ROT13_WORDS: Final = frozenset(word.translate(_ROT13) for word in KNOWN if len(word) > 2) - KNOWN
_REVERSED: Final = frozenset(word[::-1] for word in KNOWN if len(word) > 2) - KNOWN


def respelled(view: TextView) -> list[TextView]:
    """Return a view for each way in which words of a text are spelled strangely."""
    found = []
    for name, edits in (
        ("spacing", _spaced(view.text)),
        ("digits for letters", _leet(view.text)),
        ("rot13", _turned(view.text, _ROT13_WORDS, rot13=True)),
        ("reversed", _turned(view.text, _REVERSED, rot13=False)),
    ):
        if edits:
            found.append(rewritten(view, edits, name, margin=MARGIN))
    return found


def _spaced(text: str) -> list[Edit]:
    edits: list[Edit] = []
    for match in _SPACED.finditer(text):
        places = [match.start() + m.start() for m in _SINGLE.finditer(match.group())]
        letters = "".join(text[place] for place in places)
        if sum(letter.isalpha() for letter in letters) < 0.8 * len(letters):
            continue
        words = _words(letters, places)
        if len(letters) >= _LONG_RUN or any(len(w) > 3 and w.lower() in KNOWN for w in words):
            edits += _joined(words, places)
    return edits


def _words(letters: str, places: list[int]) -> list[str]:
    """Cut at the wider gaps; where all are alike, between words that are known."""
    gaps = [after - before for before, after in pairwise(places)]
    narrow = min(gaps)
    if max(gaps) == narrow:
        return segmented(letters)
    words, begin = [], 0
    for number, gap in enumerate(gaps, start=1):
        if gap > narrow:
            words.append(letters[begin:number])
            begin = number
    return [*words, letters[begin:]]


def _joined(words: list[str], places: list[int]) -> list[Edit]:
    """Return the edits that write each word, and one space between it and the next."""
    edits, number = [], 0
    for word in words:
        last = number + len(word) - 1
        edits.append(Edit(places[number], places[last] + 1, word))
        if last + 1 < len(places):
            edits.append(Edit(places[last] + 1, places[last + 1], " "))
        number = last + 1
    return edits


def _leet(text: str) -> list[Edit]:
    plain: dict[str, str] = {}  # words come again, and none of them is long
    edits = []
    for match in _LEET.finditer(text):
        word = match[0]
        if len(word) > LONGEST:
            continue
        new = plain.get(word)
        if new is None:
            new = plain[word] = _without_digits(word)
        if new:
            edits.append(Edit(match.start(), match.end(), new))
    return edits


def _without_digits(word: str) -> str:
    """Return the known word that is meant, "" for none."""
    if word.isalpha() or word.isdigit():
        return ""
    spelled = (word.translate(table) for table in _DIGITS)
    return next((new for new in spelled if new.lower() in KNOWN), "")


def _turned(text: str, words: frozenset[str], *, rot13: bool) -> list[Edit]:
    """Return the lines that hold two such words, turned back."""
    if not _holds_two(text, words):
        return []
    lines = (m for m in _LINE.finditer(text) if _holds_two(m.group(), words))
    if rot13:
        return [Edit(*m.span(), m.group().translate(_ROT13)) for m in lines]
    return [Edit(*m.span(), m.group()[::-1], is_reversed=True) for m in lines]


def _holds_two(text: str, words: frozenset[str]) -> bool:
    seen = set()
    for word in _WORD.findall(text):
        if word.lower() in words:
            seen.add(word)
            if len(seen) == 2:
                return True
    return False
