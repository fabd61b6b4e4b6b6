"""Citations: what an answer cites, and what it could cite."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llmops_magics.evals.scorers.contract import ScorerContext

SQUARE = re.compile(r"[\[\u3010]([^\[\]\u3010\u3011\n]{1,200})[\]\u3011](?!\()")  # [text](a link)
ROUND = re.compile(r"\(([^()\n]{1,200})\)")
RANGE = re.compile(r"(\d{1,4})\s*[-\u2013]\s*(\d{1,4})")
IDENTIFIER = re.compile(r"(?=[^\W\d_]{0,99}+[\d._:/#-])[\w.:/#-]{2,100}")
PREFIX = re.compile(
    r"(?:doc|document|docs|source|sources|ref|id)\s*[:#.]?\s+|(?:doc|source):", re.IGNORECASE
)
MARK = re.compile(
    r"^[ \t]*\[([^\[\]\n]{1,100})\]"
    r"|<(?:doc|document|source)\b[^>\n]{0,200}?\bid=[\"']?([^\"'>\s]{1,100})",
    re.IGNORECASE | re.MULTILINE,
)
MAX_RANGE = 100
SEQUENCE_COLUMNS = ("retrieved", "documents", "passages", "context", "contexts")
ID_FIELDS = ("id", "doc_id", "document_id", "chunk_id", "source")


def cited(answer: str, known: frozenset[str]) -> list[str]:
    """Return what an answer cites, each once, in order.

    In square brackets: numbers, ranges (``[1-3]``), lists (``[1, 4]``) and what looks like an id
    (it holds a digit or one of ``._:/#-``, and no space). In round brackets: known ids, and
    anything after ``doc``, ``source`` or ``ref``. Fenced code is left out.
    """
    text = re.sub(r"```.*?(?:```|\Z)", " ", answer, flags=re.DOTALL)
    found = [(m.start(), m[1], True) for m in SQUARE.finditer(text)]
    found += [(m.start(), m[1], False) for m in ROUND.finditer(text)]
    items = [i for _, body, square in sorted(found) for i in _items(body, known, square)]
    return list(dict.fromkeys(items))


def _items(body: str, known: frozenset[str], is_square: bool) -> list[str]:
    if body.strip() in known:
        return [body.strip()]
    pieces = [piece.strip() for piece in re.split(r"[,;]", body)]
    read = [_item(piece, known, is_square) for piece in pieces]
    return [item for items in read for item in items] if all(read) else []


def _item(piece: str, known: frozenset[str], is_square: bool) -> list[str]:
    """Return the citations that a piece is; none means that the brackets cite nothing."""
    named = PREFIX.match(piece)
    body = piece[named.end() :].strip() if named else piece.lstrip("#^")
    body = body.partition("\u2020")[0]  # 【1†source】
    if body in known:
        return [body]
    if not is_square and not named:
        return []
    numbers = RANGE.fullmatch(body)
    if numbers:
        first, last = int(numbers[1]), int(numbers[2])
        return [str(n) for n in range(first, last + 1)] if 0 <= last - first < MAX_RANGE else []
    is_id = len(body) <= 4 if body.isdecimal() else IDENTIFIER.fullmatch(body) is not None
    return [body] if is_id else []


def citable(context: ScorerContext) -> tuple[frozenset[str], dict[str, str]]:
    """Return all that can be cited, and which number stands for which id.

    Ids stand in a list among the inputs (``retrieved``, ``documents``, ...) or in front of the
    passages of the context (``[id] text``, ``<doc id="…">``). The n-th passage may be cited by its
    number, from 1; where there are no ids the context's paragraphs are its passages.
    """
    lists = (context.inputs.get(column) for column in SEQUENCE_COLUMNS)
    listed: Sequence[Any] = next((v for v in lists if isinstance(v, list | tuple) and v), ())
    ids = [_id(item) for item in listed]
    if not any(ids):
        marks = [m[1] or m[2] for m in MARK.finditer(context.context)]
        ids = list(dict.fromkeys(mark.strip() for mark in marks)) or ids
    if not ids:
        ids = [""] * len([p for p in re.split(r"\n\s*\n", context.context) if p.strip()])
    names = {each for each in ids if each}
    numbers = {str(n): each or str(n) for n, each in enumerate(ids, 1) if str(n) not in names}
    if names and all(name.isdecimal() for name in names):
        numbers = {}  # the passages carry numbers of their own
    return frozenset(names | numbers.keys()), numbers


def _id(item: Any) -> str:
    """Return the id of a passage, "" where it has none; a text with white space is a passage."""
    if isinstance(item, Mapping):
        return next((str(item[f]) for f in ID_FIELDS if item.get(f) not in (None, "")), "")
    return str(item) if isinstance(item, str | int) and not re.search(r"\s", str(item)) else ""
