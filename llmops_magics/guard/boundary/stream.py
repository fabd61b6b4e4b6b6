"""Check a text while it comes: by sentences, and nothing leaves before it is checked.

A sentence is let out once the next one is there and both were looked at together, with the end of
what was let out before them: so what spans two sentences is seen before its first half has left.
What spans more is seen when its last part comes; then what has left has left, and the rest stays.
At the end the whole text is looked at once more, for what shows only in all of it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from llmops_magics.errors import UsageError
from llmops_magics.guard.boundary.asking import in_thread
from llmops_magics.guard.boundary.boundaries import Boundaries
from llmops_magics.guard.boundary.crossing import Checked, Crossing, Setting
from llmops_magics.guard.boundary.masking import Placeholders
from llmops_magics.guard.detector import Boundary

OVERLAP_CHARACTERS: Final = 400  # of what has left, looked at again with what comes
LONGEST_SENTENCE: Final = 2_000  # one that does not end is let out in parts of this size
HELD_CHARACTERS: Final = 500  # of such a part that stay until more is there
LONGEST_WHOLE: Final = 200_000  # of a text that is looked at once more at its end
# A sentence ends before white space; in Chinese and Japanese it needs none. Ends that follow on one
# another are one: a line break behind a full stop is no second sentence.
_WIDE: Final = "\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH EXCLAMATION MARK}\N{FULLWIDTH QUESTION MARK}"
_END: Final = re.compile(
    "([.!?]"
    "[\"')\\]\N{RIGHT SINGLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]?(?=\\s)"
    f"|[\\n{_WIDE}])[\\s{_WIDE}]*"
)


class StreamCheck:
    """One text on its way: ``feed`` what comes, and get what may leave.

    Raises ``BlockedError`` for what is refused; after that nothing more leaves.
    """

    def __init__(
        self, boundaries: Boundaries, setting: Setting, boundary: Boundary = "output"
    ) -> None:
        self._boundaries = boundaries
        self._setting = setting
        self._boundary: Boundary = boundary
        self._names = Placeholders()
        self._left = ""  # the end of what was let out, as it came
        self._held = ""  # what has come and is not let out
        self._whole: list[str] = []
        self._length = 0
        self._approved: frozenset[tuple[str, str]] = frozenset()
        self._is_over = False

    def feed(self, chunk: str) -> str:
        """Take the next part, and return what may leave now, often nothing."""
        if self._is_over:
            raise UsageError("the stream has ended.", hint="Begin another one.")
        if not isinstance(chunk, str):
            raise UsageError(
                f"a part of a stream is a text, not {type(chunk).__name__}.",
                hint="Take the text out of the events of the endpoint first.",
            )
        self._held += chunk
        if self._length < LONGEST_WHOLE:
            self._whole.append(chunk)
        self._length += len(chunk)
        ready = _ready(self._held)
        return self._let_out(ready) if ready else ""

    def finish(self) -> str:
        """Return the rest, once the whole was looked at."""
        if self._is_over:
            return ""
        is_only = not self._left
        rest = self._let_out(len(self._held), is_passing=not is_only) if self._held else ""
        self._is_over = True
        if not is_only:
            self._check("".join(self._whole)[:LONGEST_WHOLE], "the whole stream")
        return rest

    def abandon(self) -> None:
        """Write down what was found in what has left, where nobody wants the rest."""
        if not self._is_over and self._left:
            self._is_over = True
            crossing = self._crossing("".join(self._whole)[:LONGEST_WHOLE], "a stream, broken off")
            outcome = self._boundaries.survey([crossing], self._setting)
            for question in outcome.questions:
                self._boundaries.pending.close(question, "Nobody wants the rest of the stream.")

    def _let_out(self, count: int, *, is_passing: bool = True) -> str:
        text, start = self._left + self._held, len(self._left)
        checked = self._check(text, f"a stream, character {self._length}", is_passing=is_passing)
        if len(self._held) <= 2 * LONGEST_SENTENCE:
            count = _whole_findings(checked, start, start + count) - start
        leaving, self._held = self._held[:count], self._held[count:]
        self._left = (self._left + leaving)[-OVERLAP_CHARACTERS:]
        return self._redacted(leaving, checked, start)

    def _check(self, text: str, subject: str, *, is_passing: bool = False) -> Checked:
        """Check a text; what is only on its way is written down with the whole at the end."""
        try:
            outcome = self._boundaries.check(
                [self._crossing(text, subject, is_passing=is_passing)], self._setting
            )
        except BaseException:
            self._is_over = True
            raise
        checked = outcome.checked[0]
        said_yes = ((f.kind, text[f.start : f.end]) for f in checked.decision.of("ask"))
        self._approved |= frozenset(said_yes)
        return checked

    def _crossing(self, text: str, subject: str, *, is_passing: bool = False) -> Crossing:
        return Crossing(
            text=text,
            boundary=self._boundary,
            subject=subject,
            noted="refused" if is_passing else "always",
            approved=self._approved,
        )

    def _redacted(self, leaving: str, checked: Checked, start: int) -> str:
        hidden = [
            replace(found, start=max(0, found.start - start), end=found.end - start)
            for found in checked.decision.of("redact")
            if found.end > start
        ]
        return self._names.redacted(leaving, hidden) if hidden else leaving


def checked_stream(check: StreamCheck, chunks: Iterable[str]) -> Iterator[str]:
    """Yield what may leave of a stream."""
    try:
        for chunk in chunks:
            if text := check.feed(chunk):
                yield text
        if text := check.finish():
            yield text
    finally:
        check.abandon()


async def checked_async_stream(
    check: StreamCheck, chunks: AsyncIterable[str]
) -> AsyncIterator[str]:
    """Do the same on a running loop, which goes on while a text is looked at."""
    try:
        async for chunk in chunks:
            if text := await in_thread(partial(check.feed, chunk)):
                yield text
        if text := await in_thread(check.finish):
            yield text
    finally:
        check.abandon()


def _ready(held: str) -> int:
    """Return how many characters are whole sentences, but for the last of them."""
    ends = [match.end(1) for match in _END.finditer(held)]
    if len(ends) > 1:
        return ends[-2]
    if len(held) <= LONGEST_SENTENCE:
        return 0
    if ends:
        return ends[0]
    return len(held) - HELD_CHARACTERS


def _whole_findings(checked: Checked, start: int, end: int) -> int:
    """Return an end that no finding goes over: what is replaced is replaced as a whole."""
    over = (f.start for f in checked.decision.of("redact") if f.start < end < f.end)
    return max(start, min(over, default=end))
