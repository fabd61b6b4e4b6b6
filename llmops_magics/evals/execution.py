"""The workers of one run, and the writer that saves what they finish.

A fixed number of workers take cases from one queue, so that memory and connections follow the
concurrency and not the dataset. Finished samples are written in batches off the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from llmops_magics.errors import StoreError
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.run import Sample
from llmops_magics.evals.sampling import Task

WRITE_INTERVAL_S = 0.2
Progress = Callable[[int, int], None]


class Execution:
    """Answers what is not done of a plan.

    ``is_held`` keeps the samples for the caller beside storing them.
    """

    def __init__(
        self,
        plan: EvalPlan,
        done: AbstractSet[tuple[str, int]],
        *,
        answer: Callable[[Task], Awaitable[Sample]],
        store: Callable[[Sequence[Sample]], None],
        on_progress: Progress,
        is_held: bool,
    ) -> None:
        self._plan = plan
        self._done = done
        self._answer = answer
        self._store = store
        self._on_progress = on_progress
        self._held: dict[tuple[str, int], Sample] | None = {} if is_held else None
        self._unwritten: list[Sample] = []
        self._stopping = asyncio.Event()
        self.done_count = len(done)

    async def finish(self) -> tuple[Sample, ...]:
        """Answer the rest; return the held samples, in the dataset's order.

        An error that a sample cannot hold ends the run and is raised, as is ``TimeoutError`` for
        the run's own time; what is done is stored either way.
        """
        work, writer = self._work(), asyncio.create_task(self._write_regularly())
        try:
            async with asyncio.timeout(self._plan.run_timeout_s), asyncio.TaskGroup() as group:
                for _ in range(min(self._plan.concurrency, self._plan.sample_count)):
                    group.create_task(self._take(work))
        except BaseExceptionGroup as group_error:
            await self._stop(writer)
            raise _first(group_error) from None
        except BaseException:
            await self._stop(writer)
            raise
        await self._stop(writer)
        if self._held is None:
            return ()
        order = ((c.id, r) for c in self._plan.dataset.cases for r in range(self._plan.repeats))
        return tuple(self._held[key] for key in order)

    def _work(self) -> Iterator[Task]:
        for repeat in range(self._plan.repeats):
            for position, case in enumerate(self._plan.dataset.cases):
                if (case.id, repeat) not in self._done:
                    yield Task(case=case, repeat=repeat, position=position)

    async def _take(self, work: Iterator[Task]) -> None:
        for task in work:  # shared: each worker takes the next one
            sample = await self._answer(task)
            if self._held is not None:
                self._held[sample.case_id, sample.repeat] = sample
            self._unwritten.append(sample)
            self.done_count += 1
            self._on_progress(self.done_count, self._plan.sample_count)
            await asyncio.sleep(0)  # a target that never waits would keep the loop from Ctrl-C

    async def _write_regularly(self) -> None:
        """Write what has finished, a few times a second; what cannot be written stays for later."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), WRITE_INTERVAL_S)
            batch = self._unwritten[:]
            with contextlib.suppress(StoreError):  # ``_stop`` tries once more, and raises
                await asyncio.to_thread(self._write, batch)

    async def _stop(self, writer: asyncio.Task[None]) -> None:
        self._stopping.set()
        await writer
        self._write(self._unwritten[:])

    def _write(self, batch: list[Sample]) -> None:
        if batch:
            self._store(batch)
            del self._unwritten[: len(batch)]


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group, however deep it lies."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
