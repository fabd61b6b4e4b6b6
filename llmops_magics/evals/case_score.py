"""One scorer on one case: its repeats averaged, and what is missing told from what does not apply.

Summary, comparison and rules all see the cases of a run through this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from llmops_magics.evals.run import Sample, Score

UNIT = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseScore:
    """One scorer on one case: a bool as long as it is one assertion made once.

    ``value`` is None for labels and where nothing was observed; ``repeats`` are the values that
    it is the mean of. ``lacks`` is set where one repeat or more should have a value and has none.
    """

    value: bool | float | None
    is_assertion: bool
    is_label: bool
    is_missing: bool
    repeats: tuple[bool | float, ...] = ()
    lacks: bool = False
    group: str = ""


def by_case(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Return the samples of each case, by id, in the order in which the cases come."""
    cases: dict[str, list[Sample]] = {}
    for sample in samples:
        cases.setdefault(sample.case_id, []).append(sample)
    return cases


def each_case(samples: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    """Yield the samples of one case after another; those of a large run are never held all."""
    if isinstance(samples, tuple | list):
        yield from by_case(samples).values()
        return
    for _, own in groupby(samples, key=lambda sample: sample.case_id):  # they come together
        yield tuple(own)


def case_score(samples: Sequence[Sample], scorer: str) -> CaseScore:
    """Average the repeats of one case."""
    scores = [_find(sample, scorer) for sample in samples]
    values = [score.value for score in scores if score is not None and score.value is not None]
    numbers = tuple(value for value in values if not isinstance(value, str))
    once = len(samples) == 1 and len(numbers) == 1 and isinstance(numbers[0], bool)
    lacks = any(_is_missing(*pair) for pair in zip(samples, scores, strict=True))
    return CaseScore(
        value=None if not numbers else numbers[0] if once else sum(numbers) / len(numbers),
        is_assertion=bool(numbers) and all(isinstance(number, bool) for number in numbers),
        is_label=bool(values) and not numbers,
        is_missing=not values and lacks,
        repeats=numbers,
        lacks=lacks,
        group=next((sample.group for sample in samples if sample.group), ""),
    )


def unit_bounds(values: Sequence[float]) -> tuple[float, float] | None:
    """Return 0 and 1 where all values lie between them, None otherwise."""
    return UNIT if all(UNIT[0] <= value <= UNIT[1] for value in values) else None


def _find(sample: Sample, scorer: str) -> Score | None:
    """Return the scorer's score; for ``name.key`` also the one that says why ``name`` failed."""
    by_name = {score.scorer: score for score in sample.scores}
    name = scorer
    while name not in by_name and "." in name:
        name = name.rpartition(".")[0]
        parent = by_name.get(name)
        if parent is not None and parent.value is not None:
            return None
    return by_name.get(name)


def _is_missing(sample: Sample, score: Score | None) -> bool:
    """Tell whether a score should be there; a failed call has none at all, so each is missing."""
    return bool(sample.error) if score is None else score.applicable and score.value is None
