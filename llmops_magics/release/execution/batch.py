"""Several gates at once: each in a process of its own, and one answer for all of them.

The worst exit code is the batch's. One gate that breaks takes no other with it; Ctrl-C and SIGTERM
end those under way, whose partial records are sealed, and begin no further one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import ClassVar

from llmops_magics.errors import GateRunError, LlmopsError
from llmops_magics.record import Record
from llmops_magics.release.execution.process import interrupted_by_sigterm
from llmops_magics.release.gate.result import GateResult

FROM_WORST = (4, 1, 3, 0)  # could not run, FAIL, INCONCLUSIVE, PASS
COULD_NOT_RUN = 4
NOT_BEGUN = "The gate was interrupted before this notebook began."


@dataclass(frozen=True, kw_only=True)
class BatchEntry:
    """One notebook: its result, or why there is none."""

    notebook: str
    result: GateResult | None
    problem: str = ""

    @property
    def exit_code(self) -> int:
        """The exit code of this one alone."""
        return self.result.exit_code if self.result else COULD_NOT_RUN


@dataclass(frozen=True, kw_only=True)
class GateBatch(Record):
    """What several gates said; ``exit_code`` is the worst of theirs."""

    kind: ClassVar[str] = "gate-batch"

    entries: tuple[BatchEntry, ...]
    exit_code: int
    jobs: int
    duration_s: float

    @property
    def results(self) -> tuple[GateResult, ...]:
        """Those that have one."""
        return tuple(entry.result for entry in self.entries if entry.result is not None)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the others have none."""
        return tuple(f"{e.notebook}: {e.problem}" for e in self.entries if e.result is None)


Gate = Callable[[threading.Event], GateResult]


def worst_code(codes: Sequence[int]) -> int:
    """Return the code that all gates together deserve; of none nothing is known."""
    return next((code for code in FROM_WORST if code in codes), COULD_NOT_RUN)


def run_batch(gates: Sequence[tuple[str, Gate]], *, jobs: int) -> GateBatch:
    """Run named gates, at most ``jobs`` at once; each is told when to stop by its event."""
    started_s = time.monotonic()
    entries = _run(gates, jobs)
    return GateBatch(
        entries=entries,
        exit_code=worst_code([entry.exit_code for entry in entries]),
        jobs=jobs,
        duration_s=round(time.monotonic() - started_s, 3),
    )


def _run(gates: Sequence[tuple[str, Gate]], jobs: int) -> tuple[BatchEntry, ...]:
    stop = threading.Event()
    with ThreadPoolExecutor(jobs, thread_name_prefix="gate") as pool, interrupted_by_sigterm():
        futures = [pool.submit(_begin, gate, stop) for _, gate in gates]
        try:
            wait(futures)
        except KeyboardInterrupt:
            stop.set()
            wait(futures)
    return tuple(_entry(name, future) for (name, _), future in zip(gates, futures, strict=True))


def _begin(gate: Gate, stop: threading.Event) -> GateResult:
    if stop.is_set():
        raise GateRunError(NOT_BEGUN)
    return gate(stop)


def _entry(name: str, future: Future[GateResult]) -> BatchEntry:
    try:
        return BatchEntry(notebook=name, result=future.result())
    except (LlmopsError, OSError) as error:
        return BatchEntry(notebook=name, result=None, problem=" ".join(str(error).split()))
