"""Agreement of verdicts with labels: accuracy, balanced accuracy, Cohen's kappa, confusion.

Pure functions of pairs (human, judged), each the name of a class, and of the group of each pair: ""
for none, () for none at all. Pairs of one group (answers to one question) are alike, so intervals
are then taken over groups. What cannot be stated (no pairs, one class alone) is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import atanh, sqrt, tanh

from llmops_magics.evals.calibration.record import Agreement, ConfusionCell, Measure
from llmops_magics.statistics.cluster import clustered_proportion
from llmops_magics.statistics.estimate import cluster_keys
from llmops_magics.statistics.interval import normal_quantile
from llmops_magics.statistics.proportion import wilson_interval

Pairs = Sequence[tuple[str, str]]
CONFIDENCE = 0.95
WILSON_KAPPA = "Wilson, of the agreement"
FLEISS = "Fleiss, Cohen and Everitt, on artanh"
JACKKNIFE = "jackknife over groups, on artanh"


def agreement(pairs: Pairs, groups: Sequence[str] = ()) -> Agreement:
    """Return all three measures."""
    return Agreement(
        accuracy=accuracy(pairs, groups),
        balanced_accuracy=balanced_accuracy(pairs, groups),
        kappa=kappa(pairs, groups),
    )


def accuracy(pairs: Pairs, groups: Sequence[str] = ()) -> Measure:
    """Return the share of pairs that agree, with Wilson's interval."""
    return share([human == judged for human, judged in pairs], groups)


def balanced_accuracy(pairs: Pairs, groups: Sequence[str] = ()) -> Measure:
    """Return the mean of the recalls of the classes that people used; None for fewer than two.

    The interval combines Wilson's intervals (l, u) of the recalls r of K classes::

        low = mean - √Σ(r - l)² / K,   high = mean + √Σ(u - r)² / K

    which, unlike the normal one, has a width where every recall is 1.

    Source: the method of variance estimates recovery, Zou and Donner (2008), Statistics in
    Medicine 27:1693-1702.
    """
    classes = list(dict.fromkeys(human for human, _ in pairs))
    if len(classes) < 2:
        return Measure(value=None, n=len(pairs))
    recalls = [_recall(pairs, groups, name) for name in classes]
    k = len(recalls)
    mean = sum(value for value, _, _ in recalls) / k
    below = sqrt(sum((value - low) ** 2 for value, low, _ in recalls)) / k
    above = sqrt(sum((high - value) ** 2 for value, _, high in recalls)) / k
    return Measure(
        value=mean,
        low=max(0.0, mean - below),
        high=min(1.0, mean + above),
        method="recovered from Wilson's",
        n=len(pairs),
    )


def kappa(pairs: Pairs, groups: Sequence[str] = ()) -> Measure:
    """Return Cohen's kappa, (o - e) / (1 - e), o being the agreement and e that by chance.

    e is the sum over classes of the products of both shares; None where it is 1. The variance is,
    for shares p of cells, rows p_i. and columns p_.i, and κ::

        ( Σ p_ii [1 - (p_i. + p_.i)(1 - κ)]² + (1 - κ)² Σ_{i≠j} p_ij (p_.i + p_j.)²
          - [κ - e (1 - κ)]² ) / ((1 - e)² n)

    or, with groups, the jackknife's over these. The interval is the normal one on the scale of
    artanh κ. On κ's own it is too high: of 50 cases with a true kappa of 0.8 it lay above the
    truth in 10.5% of 1,200 simulated samples, on this scale in 0.4%, and for kappas from 0 to 0.8
    and 50 to 200 cases in at most 2.4%. The variance is 0 where all agree or one side never
    varies: the interval is then what Wilson's of the agreement becomes by the first formula.

    Sources: Cohen (1960), Educational and Psychological Measurement 20:37-46; Fleiss, Cohen and
    Everitt (1969), Psychological Bulletin 72:323-327, equation 13; Efron and Tibshirani (1993),
    An Introduction to the Bootstrap, chapter 11.
    """
    n = len(pairs)
    value = _kappa(Counter(pairs))
    if value is None:
        return Measure(value=None, n=n)
    clusters = cluster_keys(groups, n)
    method = FLEISS if clusters is None else JACKKNIFE
    variance = _variance(pairs, value) if clusters is None else _jackknife(pairs, clusters)
    if variance < 1e-12 or abs(value) > 1 - 1e-12:
        around, by_chance = accuracy(pairs, groups), _by_chance(Counter(pairs))
        ends = [(e - by_chance) / (1 - by_chance) for e in (around.low or 0, around.high or 0)]
        return Measure(value=value, low=ends[0], high=ends[1], method=WILSON_KAPPA, n=n)
    reach = normal_quantile(CONFIDENCE) * sqrt(variance) / (1 - value**2)
    low, high = tanh(atanh(value) - reach), tanh(atanh(value) + reach)
    return Measure(value=value, low=low, high=high, method=method, n=n)


def confusion(pairs: Pairs, classes: Sequence[str]) -> tuple[ConfusionCell, ...]:
    """Return how often each pair of classes came up, human classes outermost."""
    counts = Counter(pairs)
    return tuple(
        ConfusionCell(human=human, judged=judged, n=counts[human, judged])
        for human in classes
        for judged in classes
    )


def share(hits: Sequence[bool], groups: Sequence[str] = ()) -> Measure:
    """Return a proportion with Wilson's interval, over groups where there are any."""
    n, clusters = len(hits), cluster_keys(groups, len(hits))
    if not n:
        return Measure(value=None)
    if clusters is None:
        found = wilson_interval(sum(hits), n, CONFIDENCE)
    else:
        found = clustered_proportion(hits, clusters, CONFIDENCE)
    if found is None:  # a single group, which tells nothing of others
        return Measure(value=sum(hits) / n, low=0.0, high=1.0, method="one group", n=n)
    return Measure(value=sum(hits) / n, low=found.low, high=found.high, method=found.method, n=n)


def _recall(pairs: Pairs, groups: Sequence[str], name: str) -> tuple[float, float, float]:
    """Return the share of a class that is found, with both ends of its interval."""
    places = [i for i, (human, _) in enumerate(pairs) if human == name]
    own = [groups[i] for i in places] if groups else ()
    found = share([pairs[i][1] == name for i in places], own)
    return found.value or 0.0, found.low or 0.0, found.high or 0.0


def _kappa(counts: Counter[tuple[str, str]]) -> float | None:
    by_chance = _by_chance(counts)
    if by_chance == 1:
        return None
    agreed = sum(n for (human, judged), n in counts.items() if human == judged)
    return (agreed / counts.total() - by_chance) / (1 - by_chance)


def _by_chance(counts: Counter[tuple[str, str]]) -> float:
    rows, columns = _margins(counts)
    n = counts.total()
    return sum(rows[name] * columns[name] for name in rows) / n**2 if n else 1.0


def _margins(counts: Counter[tuple[str, str]]) -> tuple[Counter[str], Counter[str]]:
    rows, columns = Counter[str](), Counter[str]()
    for (human, judged), n in counts.items():
        rows[human] += n
        columns[judged] += n
    return rows, columns


def _variance(pairs: Pairs, value: float) -> float:
    counts = Counter(pairs)
    rows, columns = _margins(counts)
    n, rest, by_chance = len(pairs), 1 - value, _by_chance(counts)
    total = 0.0
    for (human, judged), count in counts.items():
        if human == judged:
            total += count / n * (1 - (rows[human] + columns[human]) / n * rest) ** 2
        else:
            total += count / n * rest**2 * ((columns[human] + rows[judged]) / n) ** 2
    return (total - (value - by_chance * rest) ** 2) / ((1 - by_chance) ** 2 * n)


def _jackknife(pairs: Pairs, clusters: Sequence[Hashable]) -> float:
    """Return the variance of kappa from leaving out one group at a time."""
    whole, own = Counter(pairs), dict[Hashable, Counter[tuple[str, str]]]()
    for pair, cluster in zip(pairs, clusters, strict=True):
        own.setdefault(cluster, Counter())[pair] += 1
    left = [_kappa(whole - counts) for counts in own.values()]
    values = [value for value in left if value is not None]
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return (len(values) - 1) / len(values) * sum((value - mean) ** 2 for value in values)
