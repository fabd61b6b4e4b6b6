"""What a model wrote about a chunk: a question with its quote, or why it is no use.

Nothing is taken on trust. The quote must stand in the chunk exactly and once, so that its offsets
are certain; a question that copies the chunk, or points at it, tests no retriever.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from llmops_magics.evals.scorers.fence import code_of
from llmops_magics.evals.scorers.text import words

NO_JSON = "no JSON object with a question and a quote"
DECLINED = "the model found nothing to ask"
NO_QUESTION = "no question of 3 words or more on one line"
SHORT_QUOTE = "a quote of fewer than 3 words"
NO_QUOTE = "a quote that the passage does not hold exactly"
SEVERAL = "a quote that the passage holds more than once"
COPIED = "a question that copies the passage"
POINTING = "a question that points at the passage"
NEAR = "nearly the same as another question"
FAILED = "a call that failed"
MASKED = "an answer that was stored masked"

MOST_COPIED = 6  # words in a row: names are longer than that rarely
MIN_WORDS = 3
MOST_CHARACTERS = 400
_POINTING = re.compile(
    r"\b(?:this|the (?:above|given|following|provided))\s+"
    r"(?:passage|text|document|excerpt|paragraph|section|context)\b"
    r"|\baccording to the (?:passage|text|document|excerpt|paragraph|section|context)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A question; ``start`` and ``end`` say where in the passage its quote stands."""

    question: str
    quote: str
    start: int
    end: int


def read_answer(answer: str, passage: str) -> Written | str:
    """Return what was written about a passage, or what is wrong with it."""
    found = _object(answer)
    if found is None:
        return NO_JSON
    question, quote = (" ".join(found[0].split()), found[1].strip())
    if not question and not quote:
        return DECLINED
    fault = _fault_of_quote(quote, passage) or _fault_of_question(question, found[0], passage)
    if fault:
        return fault
    start = passage.index(quote)
    return Written(question=question, quote=quote, start=start, end=start + len(quote))


def copied_words(question: str, passage: str) -> int:
    """Return the length of the longest run of words that both have, cases and marks aside."""
    asked, said = words(question), words(passage)
    longest = 0
    ends = [0] * (len(said) + 1)  # of the last asked word: the run that ends at each said one
    for word in asked:
        row = [0] * (len(said) + 1)
        for number, other in enumerate(said, 1):
            if word == other:
                row[number] = ends[number - 1] + 1
                longest = max(longest, row[number])
        ends = row
    return longest


def _fault_of_quote(quote: str, passage: str) -> str:
    if len(words(quote)) < MIN_WORDS:
        return SHORT_QUOTE
    first = passage.find(quote)
    if first < 0:
        return NO_QUOTE
    return SEVERAL if passage.find(quote, first + 1) >= 0 else ""


def _fault_of_question(question: str, written: str, passage: str) -> str:
    is_line = "\n" not in written.strip() and question.isprintable()
    if not is_line or len(question) > MOST_CHARACTERS or len(words(question)) < MIN_WORDS:
        return NO_QUESTION
    if _POINTING.search(question):
        return POINTING
    return COPIED if copied_words(question, passage) > MOST_COPIED else ""


def _object(answer: str) -> tuple[str, str] | None:
    """Return question and quote of the first JSON object that has both, fenced or not."""
    inner = answer[answer.find("{") : answer.rfind("}") + 1]
    for text in (answer, *code_of(answer), inner):
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            question, quote = found.get("question"), found.get("quote")
            if isinstance(question, str) and isinstance(quote, str):
                return question, quote
    return None
