"""The samples of a large run, read from the store as they are asked for and never held all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from llmops_magics.evals.run import Sample
from llmops_magics.evals.sample import as_it_is

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.history import RunHistory

HELD_SAMPLES = 2_000  # a larger run is read from the store instead
PAGE_CASES = 250


class StoredSamples(Sequence[Sample]):
    """The samples of a finished run, each case's repeats together, in the dataset's order.

    ``mask`` is applied to each: inputs and expected answers come from the dataset as they are.
    """

    def __init__(
        self,
        history: RunHistory,
        run_id: str,
        cases: Sequence[Case],
        repeats: int,
        mask: Callable[[Sample], Sample],
    ) -> None:
        self._history = history
        self._run_id = run_id
        self._cases = cases
        self._repeats = repeats
        self._mask = mask
        self._read: tuple[int, list[Sample]] = (-1, [])  # the page read last

    def unmasked(self) -> StoredSamples:
        """Return the same samples as they are: masking takes most of the time to read them."""
        return StoredSamples(self._history, self._run_id, self._cases, self._repeats, as_it_is)

    def __len__(self) -> int:
        return len(self._cases) * self._repeats

    def __iter__(self) -> Iterator[Sample]:
        for number in range(-(-len(self._cases) // PAGE_CASES)):
            yield from self._page(number)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sample, ...]: ...
    def __getitem__(self, index: int | slice) -> Sample | tuple[Sample, ...]:
        if isinstance(index, slice):
            return tuple(self[each] for each in range(*index.indices(len(self))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(index)
        number, place = divmod(position, PAGE_CASES * self._repeats)
        if self._read[0] != number:
            self._read = (number, self._page(number))
        return self._read[1][place]

    def _page(self, number: int) -> list[Sample]:
        cases = self._cases[number * PAGE_CASES : (number + 1) * PAGE_CASES]
        return [self._mask(each) for each in self._history.samples(self._run_id, cases)]
