"""Which rows of a run a reader sees: filtered and sorted, without holding the samples.

One pass over the run keeps a few short values a row. Samples may lie in the store: those of a
window are read when it is shown, and all of them only when a text is searched for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_magics.evals.review.selection import unmasked
from llmops_magics.views.block import plain
from llmops_magics.views.scan import Row, improved_cases, regressed_cases, scan

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample

ATTENTION = "attention"
SCORE = "score:"  # before a scorer's name, in an order
ALL, FAILING, WORSE, BETTER = "all", "failing", "worse", "better"
MOST_TAGS = 200


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a reader asked for; ``order`` is attention, case, latency, cost or ``score:NAME``."""

    text: str = ""
    show: str = ALL
    scorer: str = ""
    tag: str = ""
    order: str = ATTENTION
    descending: bool = False

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Query:
        """Read a message of the browser; what is missing or of another kind is left as usual."""
        texts = {
            name: str(content[name])[:1_000]
            for name in ("text", "show", "scorer", "tag", "order")
            if isinstance(content.get(name), str)
        }
        return cls(**texts, descending=content.get("descending") is True)


class RowIndex:
    """The rows of one run, to be searched and sorted by position."""

    def __init__(self, run: EvalRun) -> None:
        self._run = run
        self._worse, self._better = regressed_cases(run), improved_cases(run)
        self._rows = scan(run)
        named = [summary.scorer for summary in run.summary.scores]
        named += [name for row in self._rows for name in row.scores]
        self.scorers = tuple(dict.fromkeys(named))
        counts = Counter(tag for row in self._rows for tag in row.tags)
        self.tags = tuple(tag for tag, _ in counts.most_common(MOST_TAGS))
        self._last: tuple[Query, list[int]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, query: Query) -> list[int]:
        """Return the positions of the rows that match, in order."""
        if self._last is None or self._last[0] != query:
            rows = [row for row in self._rows if self._matches(row, query)]
            words = query.text.casefold().split()
            if words:
                samples = unmasked(self._run)
                rows = [row for row in rows if _has(samples[row.position], words)]
            key = _key(query.order)
            rows.sort(key=key, reverse=query.descending)
            self._last = query, [row.position for row in rows]
        return self._last[1]

    def moved(self, case_id: str) -> str:
        """Say whether a case got worse or better against the baseline; empty for neither."""
        return WORSE if case_id in self._worse else BETTER if case_id in self._better else ""

    def _matches(self, row: Row, query: Query) -> bool:
        if query.tag and query.tag not in row.tags:
            return False
        if query.show == FAILING:
            by_scorer = query.scorer in row.failing
            return by_scorer if query.scorer else row.is_failed
        if query.show in (WORSE, BETTER) and self.moved(row.case_id) != query.show:
            return False
        return not query.scorer or query.scorer in row.scores


def _key(order: str) -> Callable[[Row], Any]:
    if order.startswith(SCORE):
        return _by_score(order.removeprefix(SCORE))
    return _ORDERS.get(order, _ORDERS[ATTENTION])


_ORDERS: Mapping[str, Callable[[Row], Any]] = {
    ATTENTION: lambda row: row.rank,
    "case": lambda row: row.case_id,
    "latency": lambda row: row.latency_ms,
    "cost": lambda row: row.cost_usd,
}


def _by_score(scorer: str) -> Callable[[Row], tuple[bool, float, str]]:
    def key(row: Row) -> tuple[bool, float, str]:
        value = row.scores.get(scorer)
        if isinstance(value, str):
            return (True, 0.0, value)
        return (value is not None, float(value or 0.0), "")  # missing observations first

    return key


def _has(sample: Sample, words: list[str]) -> bool:
    text = _searched(sample)
    return all(word in text for word in words)


def _searched(sample: Sample) -> str:
    values = [*sample.inputs.values(), sample.expected]
    reasons = [score.reason for score in sample.scores]
    parts = [sample.case_id, sample.output, sample.error, *sample.tags, *reasons]
    return "\n".join([*parts, *map(plain, values)]).casefold()
