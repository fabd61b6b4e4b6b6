"""Metrics of rankings of documents, per query: what trec_eval computes, many queries at once.

With the relevant documents' ranks r, their number R and grades g::

    recall@k     share of the R with r <= k
    precision@k  those, over k (however few were fetched)
    hit_rate@k   whether there is one
    mrr@k        1 / the lowest r, 0 where that is above k
    map@k        sum over r <= k of (relevant up to r) / r, over R
    ndcg@k       sum over r <= k of g / log2(r + 1), over the same of the best order possible

Every value equals ``pytrec_eval``'s to 1e-6 on the same run (a test): documents are ordered as
``ranking.ranked`` says. NumPy because the dictionaries of ``ir_measures`` take seven times as long.

Sources: Järvelin and Kekäläinen (2002), ACM TOIS 20:422-446, for nDCG; the trec_eval program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.measure.ranking import Qrels, Run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

METRICS = ("recall", "precision", "hit_rate", "mrr", "map", "ndcg")
_QUERIES_AT_ONCE = 2_000
_CELLS_AT_ONCE = 10_000_000


@dataclass(frozen=True, kw_only=True)
class RankScores:
    """``values[metric@k]`` has a number a query, NaN where nothing is relevant.

    ``ranks`` are those of the relevant documents that were fetched, by query.
    """

    query_ids: tuple[str, ...]
    values: Mapping[str, Floats]
    ranks: tuple[Mapping[str, int], ...]

    def mean(self, name: str) -> float | None:
        """Return the mean over the queries that have something relevant, None without any."""
        values = [value for value in self.values[name].tolist() if not isnan(value)]
        return sum(values) / len(values) if values else None


def metric_names(ks: Sequence[int]) -> tuple[str, ...]:
    """Return ``recall@5``, …: every metric at every k."""
    return tuple(f"{metric}@{k}" for metric in METRICS for k in ks)


def rank_scores(qrels: Qrels, run: Run, ks: Sequence[int]) -> RankScores:
    """Measure a run by judgements; a query of ``qrels`` that the run lacks found nothing.

    A grade of 1 or more is relevant. Raises ``RetrievalError`` for a score that is no number.
    """
    import numpy as np

    ids = tuple(qrels)
    found = [_ranks(ids[n : n + _QUERIES_AT_ONCE], qrels, run) for n in _starts(len(ids))]
    ranks = tuple(chain.from_iterable(found))
    pairs = [
        (number, rank, qrels[query][document])
        for number, (query, own) in enumerate(zip(ids, ranks, strict=True))
        for document, rank in sorted(own.items(), key=lambda item: item[1])
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 3)
    ideal = [sorted((g for g in qrels[query].values() if g > 0), reverse=True) for query in ids]
    values = _values(table, ideal, ks)
    return RankScores(query_ids=ids, values=values, ranks=ranks)


def _starts(count: int) -> Iterator[int]:
    return iter(range(0, count, _QUERIES_AT_ONCE))


def _ranks(ids: Sequence[str], qrels: Qrels, run: Run) -> list[dict[str, int]]:
    """Return the rank of each relevant document that was fetched, by query."""
    import numpy as np

    rows = [run.get(query, {}) for query in ids]
    matrix = _matrix(ids, rows)
    wanted = [
        (number, document)
        for number, (query, row) in enumerate(zip(ids, rows, strict=True))
        for document in qrels[query].keys() & row.keys()
        if qrels[query][document] > 0
    ]
    ranks: list[dict[str, int]] = [{} for _ in ids]
    step = max(1, _CELLS_AT_ONCE // max(1, matrix.shape[1]))
    for start in range(0, len(wanted), step):
        part = wanted[start : start + step]
        numbers = np.array([number for number, _ in part])
        with np.errstate(over="ignore"):
            own = np.array([rows[n][document] for n, document in part]).astype(np.float32)
        scores = matrix[numbers]
        above = (scores > own[:, None]).sum(axis=1).tolist()
        tied = ((scores == own[:, None]).sum(axis=1) > 1).tolist()
        for (number, document), rank, is_tied in zip(part, above, tied, strict=True):
            before = _before(rows[number], document) if is_tied else 0
            ranks[number][document] = 1 + rank + before
    return ranks


def _matrix(ids: Sequence[str], rows: Sequence[Mapping[str, float]]) -> Any:
    """Return the scores of each query's documents in single precision, filled up with -inf."""
    import numpy as np

    lengths = np.array([len(row) for row in rows])
    count = int(lengths.sum())
    flat = np.fromiter(chain.from_iterable(row.values() for row in rows), np.float64, count)
    if not np.isfinite(flat).all():
        owner = int(np.searchsorted(lengths.cumsum(), int(np.argmin(np.isfinite(flat))), "right"))
        raise RetrievalError(
            f"the query {ids[owner]!r} has a score that is no finite number.",
            hint="Nothing can be ranked by it: check the retriever.",
        )
    matrix = np.full((len(rows), int(lengths.max(initial=0))), -np.inf, dtype=np.float32)
    with np.errstate(over="ignore"):  # a score beyond single precision ties with its like
        matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = flat
    return matrix


def _before(row: Mapping[str, float], document: str) -> int:
    """Count the documents of the same score that stand before this one."""
    import numpy as np

    with np.errstate(over="ignore"):
        single = np.fromiter(row.values(), np.float64, len(row)).astype(np.float32)
        equal = single == np.float32(row[document])
    return sum(same and other > document for other, same in zip(row, equal, strict=True))


def _values(table: Any, ideal: Sequence[Sequence[int]], ks: Sequence[int]) -> dict[str, Floats]:
    import numpy as np

    queries = len(ideal)
    owner, rank, grade = table[:, 0], table[:, 1], table[:, 2]
    relevant = np.array([len(grades) for grades in ideal], dtype=float)
    relevant[relevant == 0] = np.nan
    first = np.searchsorted(owner, np.arange(queries))
    place = np.arange(len(owner)) - first[owner] + 1  # how many relevant ones up to this one

    def summed(weights: Any, within: Any) -> Any:
        return np.bincount(owner[within], weights=weights[within], minlength=queries)

    best = np.array([(n, i, g) for n, own in enumerate(ideal) for i, g in enumerate(own, 1)])
    best = best.reshape(-1, 3)
    found: dict[str, dict[int, Any]] = {metric: {} for metric in METRICS}
    for k in ks:
        within = rank <= k
        hits = summed(np.ones(len(rank)), within)
        top = best[best[:, 1] <= k]
        gain = top[:, 2] / np.log2(top[:, 1] + 1)
        ideal_gain = np.bincount(top[:, 0].astype(int), weights=gain, minlength=queries)
        ideal_gain = ideal_gain.astype(float)  # of nothing it is whole numbers
        ideal_gain[ideal_gain == 0] = np.nan
        found["recall"][k] = hits / relevant
        found["precision"][k] = np.where(np.isnan(relevant), np.nan, hits / k)
        found["hit_rate"][k] = np.where(np.isnan(relevant), np.nan, hits > 0)
        found["mrr"][k] = np.where(
            np.isnan(relevant), np.nan, summed(1 / rank, within & (place == 1))
        )
        found["map"][k] = summed(place / rank, within) / relevant
        found["ndcg"][k] = summed(grade / np.log2(rank + 1), within) / ideal_gain
    return {f"{metric}@{k}": found[metric][k] for metric in METRICS for k in ks}
