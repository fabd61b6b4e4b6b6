"""A system prompt that an answer repeats, by the runs of words that both have.

A run of eight words or more counts if five of them carry meaning, so that "please let me know if
you have any questions" is no leak. It is seen as it was written and in what ``guard.disguise``
undoes. A translation, a summary and a paraphrase are not seen: plant a canary, and keep nothing in
a prompt that must stay secret. Facts that a prompt gives the model to pass on are part of it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from llmops_magics.guard.detector import Boundary, Context
from llmops_magics.guard.detectors.report import (
    READ,
    Reporter,
    code_version,
    no_argument,
    settled,
)
from llmops_magics.guard.disguise import VERSION, TextView, views
from llmops_magics.guard.finding import Finding

KIND: Final = "leakage.system-prompt"
_RUN: Final = 8  # words in a row that are not there by chance
_SHORT_PROMPT: Final = 5  # a prompt of so many words is a leak as a whole
_MEANINGFUL: Final = 5  # different words in a run that are no function words
_LONG_RUN: Final = 25
_LARGE_SHARE: Final = 0.5
_WORD: Final = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_぀-ヿ㐀-鿿가-힯]+")
_FUNCTION_WORDS: Final = frozenset(
    """
    a about all also am an and any anything are as ask at be because been but by can could did do
    does for free from further had has have hello help her here hi him his how i if in into is it
    its just know let may me more my need no not of on or other our out please questions question
    she should so some sure than thank thanks that the their them then there these they this to up
    us very was we welcome were what when where which who will with would you your feel happy assist
    today like
    """.split()  # noqa: SIM905 (a list of quoted words is not readable)
)


class _Run(NamedTuple):
    """A stretch of a view whose words stand in the prompt in the same order."""

    start: int
    end: int
    words: int
    share: float  # of the prompt's different words


@dataclass(frozen=True)
class _Prompt:
    """A system prompt by its runs of words, each of ``length`` words."""

    numbers: dict[str, int]
    runs: frozenset[tuple[int, ...]]
    length: int
    size: int  # words


class LeakageDetector:
    """Holds a text against ``Context.system_prompt``."""

    name = "leakage"
    boundaries: frozenset[Boundary] = frozenset({"output", "tool_call"})

    def __init__(self) -> None:
        self.version = f"{code_version(__name__)}/{VERSION}"
        self._report = Reporter(detector=self.name, version=self.version)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return each stretch that repeats the system prompt."""
        prompt = _indexed(context.system_prompt)
        if not prompt.runs:
            return ()
        found = settled(
            self._finding(view, run)
            for view in views(text[:READ])
            for run in _runs(view.text, prompt)
        )
        return (*found, *self._report.unread(text))

    def _finding(self, view: TextView, run: _Run) -> Finding:
        is_large = run.share >= _LARGE_SHARE or run.words >= _LONG_RUN
        return self._report.found(
            KIND,
            view,
            (run.start, run.end),
            severity="high" if is_large else "medium",
            score=min(1.0, 0.5 + max(run.share, run.words / (2 * _LONG_RUN))),
            message=f"{run.words} words in a row are the system prompt's, "
            f"with {run.share:.0%} of its words.",
        )


@lru_cache(maxsize=16)
def _indexed(system_prompt: str) -> _Prompt:
    words = [m.group() for m in _WORD.finditer(views(system_prompt)[0].text.casefold())]
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    length = min(_RUN, len(words)) if len(words) >= _SHORT_PROMPT else 0
    coded = [numbers[word] for word in words]
    runs = frozenset(tuple(coded[i : i + length]) for i in range(len(coded) - length + 1) if length)
    return _Prompt(numbers, runs, length, len(words))


def _runs(text: str, prompt: _Prompt) -> Iterator[_Run]:
    """Yield the longest stretches that are made of the prompt's runs."""
    folded = text.casefold()
    if len(folded) != len(text):  # a few letters grow: "ß"; places must not move
        folded = text.lower() if len(text.lower()) == len(text) else text
    matches = list(_WORD.finditer(folded))
    coded = [prompt.numbers.get(m.group(), -1) for m in matches]
    covered_to, begin = 0, 0
    for place in range(len(coded) - prompt.length + 1):
        if coded[place] < 0 or tuple(coded[place : place + prompt.length]) not in prompt.runs:
            continue
        if place > covered_to and covered_to:
            yield from _worth(matches, coded, begin, covered_to, prompt)
        if place > covered_to or not covered_to:
            begin = place
        covered_to = place + prompt.length
    if covered_to:
        yield from _worth(matches, coded, begin, covered_to, prompt)


def _worth(
    matches: list[re.Match[str]], coded: list[int], begin: int, end: int, prompt: _Prompt
) -> Iterator[_Run]:
    """Yield the run unless a phrase that anybody may use is all it is."""
    words = {m.group() for m in matches[begin:end]} - _FUNCTION_WORDS
    if len(words) < min(_MEANINGFUL, prompt.length - 2):
        return
    share = len(set(coded[begin:end])) / len(prompt.numbers)
    yield _Run(matches[begin].start(), matches[end - 1].end(), end - begin, share)


def open_detector(argument: str) -> LeakageDetector:
    """Return the detector; it takes no argument."""
    no_argument(LeakageDetector.name, argument)
    return LeakageDetector()
