"""Which rows of a run a reader sees: filtered, sorted, a page at a time. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmops_magics.views.block import plain
from llmops_magics.views.case import attention_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_magics.evals.run import EvalRun, Sample

PAGE_ROWS = 20
ATTENTION = "failed first"


def sort_keys(run: EvalRun) -> dict[str, Callable[[Sample], Any] | None]:
    """Name the orders on offer; ``None`` stands for the order of attention."""
    keys: dict[str, Callable[[Sample], Any] | None] = {
        ATTENTION: None,
        "case": lambda sample: sample.case_id,
        "slowest first": lambda sample: -(sample.latency_ms or 0.0),
        "dearest first": lambda sample: -(sample.cost_usd or Decimal(0)),
    }
    for summary in run.summary.scores:
        keys[f"{summary.scorer}, lowest first"] = _by_score(summary.scorer)
    return keys


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a reader asked for."""

    text: str = ""
    failing_only: bool = False
    order: str = ATTENTION
    page: int = 0

    def samples(self, run: EvalRun) -> list[Sample]:
        """Return all matching samples, in order."""
        words = self.text.casefold().split()
        chosen = [
            sample
            for sample in attention_order(run)
            if (sample.failed or not self.failing_only)
            and all(word in _searched(sample) for word in words)
        ]
        key = sort_keys(run).get(self.order)
        return chosen if key is None else sorted(chosen, key=key)


def page_of(samples: list[Sample], page: int) -> list[Sample]:
    """Return the samples of one page, counted from 0."""
    return samples[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]


def page_count(samples: list[Sample]) -> int:
    """Return how many pages there are; an empty selection has one, empty page."""
    return max(1, -(-len(samples) // PAGE_ROWS))


def _searched(sample: Sample) -> str:
    values = [*sample.inputs.values(), sample.expected]
    parts = [sample.case_id, sample.output, sample.error, *sample.tags, *map(plain, values)]
    return "\n".join(parts).casefold()


def _by_score(scorer: str) -> Callable[[Sample], tuple[bool, float, str]]:
    def key(sample: Sample) -> tuple[bool, float, str]:
        value = sample.value(scorer)
        if isinstance(value, str):
            return (False, 0.0, value)
        return (value is not None, float(value or 0.0), "")  # missing observations first

    return key
