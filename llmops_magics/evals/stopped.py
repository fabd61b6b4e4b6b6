"""An eval that ended before its last sample: what is kept, and how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llmops_magics.errors import LlmopsError


class EvalStoppedError(LlmopsError):
    """A limit was reached: a time, a cost, or an answer that a replay does not find."""

    def __init__(self, run_id: str, done: int, total: int, why: str, *, hint: str = "") -> None:
        super().__init__(f"{why} {kept(run_id, done, total)}", hint=hint)
        self.run_id = run_id
        self.why, self.done, self.total = why, done, total

    def and_then(self, words: str) -> None:
        """Add what is to be done after that."""
        super().__init__(f"{self.message} {words}", hint=self.hint)


class EvalInterrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C or the stop button."""

    def __init__(self, run_id: str, done: int, total: int) -> None:
        super().__init__(kept(run_id, done, total))
        self.run_id = run_id
        self.done = done
        self.total = total

    def and_then(self, words: str) -> None:
        """Add what is to be done after that."""
        self.args = (f"{self} {words}",)


@contextmanager
def one_of_several() -> Iterator[None]:
    """Say how a block of several runs goes on after the one that was broken off."""
    try:
        yield
    except (EvalStoppedError, EvalInterrupted) as stopped:
        stopped.and_then("Then the same line again runs the others; stored answers cost nothing.")
        raise


def kept(run_id: str, done: int, total: int) -> str:
    """Say how many samples are kept and what goes on from there."""
    return (
        f"{done:,} of {total:,} samples are kept in {run_id}: "
        f"`%llm_eval --resume {run_id}` goes on from there."
    )
