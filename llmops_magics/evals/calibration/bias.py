"""What else moves a judge: the order in which answers stand, and their length."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from llmops_magics.evals.calibration.agreement import CONFIDENCE, share
from llmops_magics.evals.calibration.record import LengthBias, Measure, PositionBias
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.pairwise import POSITION_DEPENDENT
from llmops_magics.statistics.interval import normal_quantile

if TYPE_CHECKING:
    import numpy as np


def position_bias(scores: Sequence[Score], groups: Sequence[str] = ()) -> PositionBias:
    """Return how often the order of two answers decides, of the first verdict on each case."""
    turned = [score.reason for score in scores if score.reason.startswith(POSITION_DEPENDENT)]
    placed = [(r.count("first with"), r.count("second with")) for r in turned]
    return PositionBias(
        decided=share([score.reason.startswith(POSITION_DEPENDENT) for score in scores], groups),
        for_first=sum(first == 2 for first, _ in placed),
        for_second=sum(second == 2 for _, second in placed),
    )


def length_bias(
    lengths: Sequence[float], verdicts: Sequence[float], strata: Sequence[str], of: str
) -> LengthBias | None:
    """Return how verdicts go with length among cases of one stratum; None where none differ.

    Over all pairs of cases in one stratum with different verdicts, C is the share where the
    longer has the higher verdict, ties in length counting half: for two verdicts the area under
    the ROC curve of length. The interval is the normal one with the jackknife's variance.

    Sources: Hanley and McNeil (1982), Radiology 143:29-36; for the jackknife of such ratios,
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11.
    """
    import numpy as np

    places = {name: i for i, name in enumerate(dict.fromkeys(strata))}
    concordant, counted = _per_case(
        np.asarray(lengths, dtype=np.float64),
        np.asarray(verdicts, dtype=np.float64),
        np.asarray([places[name] for name in strata]),
    )
    n, all_pairs = len(counted), float(counted.sum()) / 2
    if all_pairs == 0:
        return None
    whole = float(concordant.sum()) / 2
    left = all_pairs - counted
    measure = Measure(value=whole / all_pairs, n=n)
    if (left > 0).all():
        without = (whole - concordant) / left
        spread = float(((without - without.mean()) ** 2).sum())
        reach = normal_quantile(CONFIDENCE) * sqrt((n - 1) / n * spread)
        if reach > 0:
            low, high = max(0.0, whole / all_pairs - reach), min(1.0, whole / all_pairs + reach)
            measure = Measure(value=whole / all_pairs, low=low, high=high, method="jackknife", n=n)
    return LengthBias(concordance=measure, pairs=round(all_pairs), of=of)


def _per_case(
    lengths: np.ndarray, verdicts: np.ndarray, strata: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each case, its concordant pairs and all its pairs with another verdict."""
    import numpy as np

    concordant, counted = np.zeros(len(lengths)), np.zeros(len(lengths))
    for i in range(len(lengths)):
        step = np.sign(verdicts[i] - verdicts)
        is_pair = (step != 0) & (strata == strata[i])
        agreeing = np.sign(lengths[i] - lengths) * step
        counted[i] = is_pair.sum()
        concordant[i] = ((agreeing + 1) / 2)[is_pair].sum()
    return concordant, counted
