"""How scorers read text: white space, words, numbers, sentences, and what counts as expected."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Dr|Mr|Ms|St|Jr|vs|No)\.)(?<!\bMrs\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
    r"[\"')\]]*(?:\s+|(?=[A-Z][a-z]))"
)
LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*", re.UNICODE)


def squeeze(text: str) -> str:
    """Return the text with runs of white space made one space, trimmed, in Unicode's NFC."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def accepted_answers(expected: Any) -> list[str]:
    """Return the spellings that ``expected`` accepts: its items if it is a list, else itself."""
    answers = expected if isinstance(expected, list | tuple) else [expected]
    return [_spell(answer) for answer in answers if answer is not None]


def sentences(text: str) -> list[str]:
    """Split at sentence ends and line breaks; list marks and empty pieces are dropped."""
    lines = (LIST_MARK.sub("", line) for line in text.splitlines())
    pieces = (piece.strip() for line in lines for piece in SENTENCE_END.split(line))
    return [piece for piece in pieces if WORD.search(piece)]


def words(text: str) -> list[str]:
    """Return the words and numbers in order, case-folded."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shorten(text: str, limit: int = 120) -> str:
    """Return one line of at most ``limit`` characters, for a reason."""
    line = squeeze(text)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _spell(answer: Any) -> str:
    """Spell a whole number without ``.0``, which a data frame adds to columns with gaps."""
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    return str(answer)
