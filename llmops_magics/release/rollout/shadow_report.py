"""Add up the pairs of answers that shadow mode has stored."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any, Final

from sqlalchemy import Connection, select

from llmops_magics.prompts.serving.pointer import Pointer
from llmops_magics.release.rollout.record import ShadowReport
from llmops_magics.storage.table import shadow_pair

SHOWN: Final = 5
_AT_ONCE: Final = 1_000


class _Means:
    """Means of what has a value, by name."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def add(self, name: str, value: Any) -> None:
        if value is not None:
            sums = self._sums[name]
            sums[0] += float(value)
            sums[1] += 1

    def get(self, name: str) -> float | None:
        total, n = self._sums.get(name, (0.0, 0.0))
        return total / n if n else None


def shadow_report(
    connection: Connection, pointer: Pointer, skipped: Mapping[str, int]
) -> ShadowReport:
    """Return how the candidate of a pointer's rollout answered beside the stable version."""
    query = select(
        shadow_pair.c.stable_trace, shadow_pair.c.candidate_trace, shadow_pair.c.comparison
    ).where(shadow_pair.c.rollout_id == pointer.rollout_id)
    rows = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    return _add_up(pointer, ((s, c, _read(said)) for s, c, said in rows), skipped)


def _read(said: Any) -> dict[str, Any]:
    return dict(json.loads(said) if isinstance(said, str) else said)


def _add_up(
    pointer: Pointer,
    pairs: Iterable[tuple[str, str, dict[str, Any]]],
    skipped: Mapping[str, int],
) -> ShadowReport:
    means, errors, scores = _Means(), Counter[str](), Counter[str]()
    count = equal = 0
    answered: list[dict[str, Any]] = []
    for stable_trace, candidate_trace, said in pairs:
        count += 1
        if "error" in said:
            errors[said["error"]] += 1
            continue
        equal += bool(said["equal"])
        _add_pair(means, scores, said)
        place = {"stable_trace": stable_trace, "candidate_trace": candidate_trace}
        answered.append({**place, "similarity": said["similarity"]})
        if len(answered) > _AT_ONCE:
            answered = _least(answered)
    return ShadowReport(
        environment=pointer.environment,
        prompt=pointer.prompt,
        rollout_id=pointer.rollout_id,
        stable=f"{pointer.prompt}@{pointer.stable.number}",
        candidate=f"{pointer.prompt}@{pointer.candidate.number}" if pointer.candidate else "",
        pairs=count,
        failures=sum(errors.values()),
        equal=equal,
        similarity=means.get("similarity"),
        **{
            f"{arm}_{name}": means.get(f"{arm}_{name}")
            for arm in ("stable", "candidate")
            for name in ("characters", "latency_ms", "cost_usd")
        },
        scores=tuple(
            (name, means.get(f"{name}/0") or 0.0, means.get(f"{name}/1") or 0.0, n)
            for name, n in sorted(scores.items())
        ),
        errors=tuple(errors.most_common()),
        least_similar=tuple(_least(answered)),
        skipped=tuple(sorted(skipped.items())),
    )


def _add_pair(means: _Means, scores: Counter[str], said: dict[str, Any]) -> None:
    means.add("similarity", said["similarity"])
    for arm in ("stable", "candidate"):
        for name, value in said[arm].items():
            means.add(f"{arm}_{name}", value)
    for name, (own, other) in said["scores"].items():
        scores[name] += 1
        means.add(f"{name}/0", own)
        means.add(f"{name}/1", other)


def _least(answered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return nsmallest(SHOWN, answered, key=lambda pair: float(pair["similarity"]))
