"""Which configuration is best, and which is the cheapest that is not worse within noise.

Every configuration is held against the best one, paired by query. That one is worse is said where
the test says so after adjusting for all of them (Holm). That one may be taken in the best one's
stead asks for more, as adjusting would only let more pass: its difference, tested alone at 95%,
must be within noise too; one that fails that is doubtful. Few queries leave much within noise, so
the report says how much may be lost. With a margin the whole interval, at Bonferroni's confidence,
must stay above minus the margin.

The mean of the best of many is flattered: luck had a part in its being chosen. ``optimism`` is how
much choosing among resampled queries flatters (Efron and Gong (1983), The American Statistician
37:36-48). Where configurations are truly alike it tells about seven tenths of the whole, so it is
"or more".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmops_magics.evals.case_score import unit_bounds
from llmops_magics.evals.comparison import NOISE, WORSE, verdict_of
from llmops_magics.evals.retrieval.sweep.trial import Measured
from llmops_magics.statistics.estimate import MeanEstimate, estimate_mean
from llmops_magics.statistics.interval import CONFIDENCE
from llmops_magics.statistics.multiple import bonferroni, holm
from llmops_magics.statistics.paired import PairedDifference, paired_difference

BEST, DOUBTFUL = "best", "doubtful"
ALIKE_TOKENS, ALIKE_MS = 1.02, 1.25  # times the least: nothing to choose by
RESAMPLES = 400
_SEED = 20_261_123


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One configuration's score, and its difference from the best one's at 95%."""

    own: MeanEstimate
    difference: PairedDifference
    p_adjusted: float
    verdict: str
    is_eligible: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Places of the best and the cheapest, and how each configuration stands, in their order."""

    best: int
    cheapest: int
    standings: tuple[Standing, ...]
    optimism: float


class Scores:
    """One score of every configuration, over the queries that have a value in each of them."""

    def __init__(
        self, measured: Sequence[Measured], score: str, group_names: Sequence[str]
    ) -> None:
        columns = [each.values[score] for each in measured]
        count = len(group_names)
        self.places = [n for n in range(count) if all(c[n] is not None for c in columns)]
        self._columns = [[float(c[n] or 0.0) for n in self.places] for c in columns]
        self.groups = [group_names[n] for n in self.places]
        self._bounds = _bounds([value for column in self._columns for value in column])

    def estimate(self, place: int, queries: Sequence[int]) -> MeanEstimate:
        """Return the mean of one configuration over some of the queries, with its interval."""
        values, names = self._columns[place], self.groups
        return estimate_mean(
            [values[n] for n in queries], [names[n] for n in queries], bounds=self._bounds
        )

    def difference(
        self, place: int, other: int, queries: Sequence[int], confidence: float = CONFIDENCE
    ) -> PairedDifference:
        """Return one configuration minus another over some of the queries."""
        ours, theirs = self._columns[place], self._columns[other]
        return paired_difference(
            [ours[n] for n in queries],
            [theirs[n] for n in queries],
            self._bounds,
            confidence,
            [self.groups[n] for n in queries],
        )

    def mean(self, place: int, queries: Sequence[int]) -> float:
        """Return a mean alone."""
        return sum(self._columns[place][n] for n in queries) / len(queries)

    def matrix(self, queries: Sequence[int]) -> Any:
        """Return the values, shape (configurations, queries)."""
        import numpy as np

        return np.array(self._columns)[:, list(queries)]


def choose(
    measured: Sequence[Measured], scores: Scores, queries: Sequence[int], margin: float = 0.0
) -> Choice:
    """Choose by the queries whose places are given; there is at least one."""
    means = [scores.mean(place, queries) for place in range(len(measured))]
    best = min(range(len(measured)), key=lambda n: (-means[n], *_cost(measured[n]), n))
    found = [scores.difference(place, best, queries) for place in range(len(measured))]
    others = [place for place in range(len(measured)) if place != best]
    p_values = holm([found[place].p_value or 0.0 for place in others])
    adjusted = dict(zip(others, p_values, strict=True))
    confidence = bonferroni(CONFIDENCE, len(others))
    standings = []
    for place, difference in enumerate(found):
        verdict = BEST if place == best else _verdict(difference, adjusted[place])
        is_eligible = verdict in (BEST, NOISE)
        if margin and verdict == NOISE:
            ends = scores.difference(place, best, queries, confidence).interval
            is_eligible = ends is not None and ends.low > -margin
        standings.append(
            Standing(
                own=scores.estimate(place, queries),
                difference=difference,
                p_adjusted=adjusted.get(place, 1.0),
                verdict=verdict,
                is_eligible=is_eligible,
            )
        )
    eligible = [n for n, standing in enumerate(standings) if standing.is_eligible]
    return Choice(
        best=best,
        cheapest=cheapest(measured, eligible, best),
        standings=tuple(standings),
        optimism=optimism(scores.matrix(queries), [scores.groups[n] for n in queries]),
    )


def cheapest(measured: Sequence[Measured], eligible: Sequence[int], best: int) -> int:
    """Return the one of fewest context tokens; of those alike the quickest, then fewest chunks.

    Within 2% of the fewest tokens, and a quarter of the least time, is alike.
    """
    least = ALIKE_TOKENS * min(measured[n].context_tokens for n in eligible)
    few = [n for n in eligible if measured[n].context_tokens <= least]
    quickest = ALIKE_MS * min(measured[n].ms_per_query for n in few)
    quick = [n for n in few if measured[n].ms_per_query <= quickest]
    return min(quick, key=lambda n: (measured[n].chunks, n != best, n))


def optimism(values: Any, group_names: Sequence[str]) -> float:
    """Return by how much the best's mean exceeds what it is worth, by resampling groups of queries.

    ``values`` has shape (configurations, queries).
    """
    import numpy as np

    names = [name or n for n, name in enumerate(group_names)]
    kinds = {name: n for n, name in enumerate(dict.fromkeys(names))}
    of = np.array([kinds[name] for name in names])
    generator = np.random.default_rng(_SEED)
    draws = generator.multinomial(len(kinds), np.full(len(kinds), 1 / len(kinds)), RESAMPLES)
    weights = draws[:, of].T.astype(float)  # how often each query was drawn
    means = (values @ weights) / weights.sum(axis=0)
    winners = means.argmax(axis=0)
    real = values.mean(axis=1)
    return max(0.0, float((means[winners, np.arange(RESAMPLES)] - real[winners]).mean()))


def _verdict(difference: PairedDifference, p_adjusted: float) -> str:
    ends = difference.interval
    low, high = (ends.low, ends.high) if ends else (None, None)
    verdict = verdict_of(low, high, p_adjusted)
    is_alone_worse = verdict == NOISE and verdict_of(low, high, difference.p_value) == WORSE
    return DOUBTFUL if is_alone_worse else verdict


def _cost(measured: Measured) -> tuple[float, int]:
    return measured.context_tokens, measured.chunks


def _bounds(values: Sequence[float]) -> tuple[float, float] | None:
    """Return 0 and 1, or the range of values seen; None where there is but one value."""
    unit = unit_bounds(values)
    if unit is not None or not values or min(values) == max(values):
        return unit
    return min(values), max(values)
