"""The JSON that a notebook holds of a run, kept small whatever the run's size.

``to_dict()`` is the whole record. An output cell gets a part of it: the totals, and the rows that
need attention first, with long texts cut, up to a budget of bytes. ``cut`` says what is left out,
and ``rows_artifact`` is the digest of the file that holds every sample whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_magics.record import canonical_json, to_jsonable
from llmops_magics.views.case import MAX_ROWS, attention_order
from llmops_magics.views.clip import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.cause.record import CauseReport
    from llmops_magics.evals.redteam.report import RedteamReport
    from llmops_magics.evals.retrieval.drift import RetrievalDrift
    from llmops_magics.evals.retrieval.record import RetrievalReport
    from llmops_magics.evals.retrieval.sweep.record import SweepReport
    from llmops_magics.evals.run import Comparison, EvalRun, Sample
    from llmops_magics.record import Record
    from llmops_magics.retrieval.corpus.record import (
        CorpusCheck,
        CorpusDiff,
        CorpusList,
        CorpusLog,
        CorpusView,
    )
    from llmops_magics.retrieval.index.record import IndexList
    from llmops_magics.retrieval.index.status import IndexStatus
    from llmops_magics.tracing.trace import Trace

# A notebook writes JSON indented, one value a line: about twice these bytes on disk.
ROWS_BYTES = 120_000
REST_BYTES = 60_000
RECORD_BYTES = 1_000_000
# Text characters, list items: tried in turn until a part fits its budget.
_LIMITS = ((1_000, 200), (300, 50), (80, 10), (40, 2))
_RECORD_LIMITS = ((20_000, 1_000), (4_000, 500), *_LIMITS)
_ROW_LIMITS = (600, 20)


def shown_eval_run(run: EvalRun) -> dict[str, Any]:
    """Return what an output cell holds of a run, at most 180 kB."""
    comparison = run.comparison
    rows = attention_order(run, MAX_ROWS)
    shown, outputs = _rows(rows, comparison.baseline_outputs if comparison else {})
    bare = None if comparison is None else replace(comparison, baseline_outputs=outputs)
    rest = replace(run, samples=(), comparison=bare, causes=_few_causes(run.causes))
    body = fitted(rest.to_dict(), REST_BYTES)
    address = str(body.get("rows_artifact") or "")
    return {
        **body,
        "samples": shown,
        "rows_artifact": address,
        "cut": {"samples": len(run.samples), "shown": len(shown), "texts": _ROW_LIMITS[0]},
    }


def _few_causes(report: CauseReport | None) -> CauseReport | None:
    return report and replace(report, rows=report.rows[: MAX_ROWS // 10])


def shown_cause_report(report: CauseReport) -> dict[str, Any]:
    """Return what an output cell holds of causes: the counts, and the first cases."""
    body = fitted(replace(report, rows=report.rows[:MAX_ROWS]).to_dict(), ROWS_BYTES)
    return {**body, "cut": {"rows": len(report.rows), "shown": len(body["rows"])}}


def shown_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return what an output cell holds of a comparison shown alone."""
    outputs = comparison.baseline_outputs
    first = dict(list(outputs.items())[:MAX_ROWS])
    body = fitted(replace(comparison, baseline_outputs=first).to_dict(), ROWS_BYTES)
    return {**body, "cut": {"baseline_outputs": len(outputs)}}


def shown_trace(trace: Trace) -> dict[str, Any]:
    """Return what an output cell holds of a trace; the whole of it is in the store."""
    body = fitted(trace.to_dict(), ROWS_BYTES)
    return {**body, "cut": {"spans": trace.span_count, "shown": len(body["spans"])}}


def shown_retrieval_report(report: RetrievalReport) -> dict[str, Any]:
    """Return what an output cell holds of a retrieval check: the rows, and the worst queries."""
    first = report.per_query[: MAX_ROWS // 2]
    body = fitted(replace(report, per_query=first).to_dict(), ROWS_BYTES + REST_BYTES)
    shown = len(body["per_query"])
    return {**body, "cut": {"per_query": len(report.per_query), "shown": shown}}


def shown_retrieval_drift(report: RetrievalDrift) -> dict[str, Any]:
    """Return what an output cell holds of drift: the totals, and the queries that changed most."""
    few = tuple(
        replace(each, per_query=each.per_query[: MAX_ROWS // 4]) for each in report.retrievers
    )
    body = fitted(replace(report, retrievers=few).to_dict(), ROWS_BYTES)
    return {**body, "cut": {"per_query": [len(each.per_query) for each in report.retrievers]}}


def shown_retrieval_sweep(report: SweepReport) -> dict[str, Any]:
    """Return what an output cell holds of a sweep: the best configurations, and the chosen ones."""
    chosen = {report.best, report.cheapest}
    first = report.rows[: MAX_ROWS // 2]
    first += tuple(row for row in report.rows[MAX_ROWS // 2 :] if row.name in chosen)
    body = fitted(replace(report, rows=first).to_dict(), ROWS_BYTES)
    return {**body, "cut": {"rows": len(report.rows), "shown": len(body["rows"])}}


def shown_redteam_report(report: RedteamReport) -> dict[str, Any]:
    """Return what an output cell holds of a red team: the families, and the first attacks."""
    few = replace(report, attacks=report.attacks[: MAX_ROWS // 2])
    body = fitted(few.to_dict(), ROWS_BYTES)
    return {**body, "cut": {"attacks": len(report.attacks), "shown": len(body["attacks"])}}


def shown_corpus_change(change: CorpusDiff | CorpusCheck) -> dict[str, Any]:
    """Return what an output cell holds of a difference: the first ids, and how many there are."""
    lists = ("added", "removed", "changed")
    counts = {name: len(getattr(change, name)) for name in lists}
    first = replace(change, **{name: getattr(change, name)[:MAX_ROWS] for name in lists})
    return {**fitted(first.to_dict(), ROWS_BYTES), "cut": counts}


def shown_corpus(record: CorpusList | CorpusLog | CorpusView) -> dict[str, Any]:
    """Return what an output cell holds of corpora, at most 120 kB."""
    return fitted(record.to_dict(), ROWS_BYTES)


def shown_index(record: IndexList | IndexStatus) -> dict[str, Any]:
    """Return what an output cell holds of indexes, at most 120 kB."""
    return fitted(record.to_dict(), ROWS_BYTES)


def shown_record(record: Record) -> dict[str, Any]:
    """Return what an output cell holds of any other record: all of it, if that is below 1 MB."""
    body = record.to_dict()
    if _is_within(body, RECORD_BYTES):
        return body
    return {**fitted(body, RECORD_BYTES, _RECORD_LIMITS), "cut": {"bytes": RECORD_BYTES}}


def fitted(
    body: dict[str, Any], budget: int, limits: Sequence[tuple[int, int]] = _LIMITS
) -> dict[str, Any]:
    """Return a JSON object with texts and lists cut, as far as its bytes demand it."""
    if _is_within(body, budget):
        return body
    for characters, items in limits:
        shorter: dict[str, Any] = clipped(body, characters, items)
        if _is_within(shorter, budget):
            return shorter
    return clipped(body, 40, 0)  # type: ignore[no-any-return]


def _rows(
    samples: Sequence[Sample], outputs: Mapping[str, str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return as many rows as the budget holds, and the baseline's answers to them."""
    room = ROWS_BYTES
    rows: list[dict[str, Any]] = []
    beside: dict[str, str] = {}
    for sample in samples:
        row = clipped(to_jsonable(clipped_sample(sample)), *_ROW_LIMITS)
        answer = clipped(outputs.get(sample.case_id, ""), *_ROW_LIMITS)
        room -= len(canonical_json(row)) + len(answer.encode())
        if room < 0:
            break
        rows.append(row)
        if answer:
            beside[sample.case_id] = answer
    return rows, beside


def clipped_sample(sample: Sample) -> Sample:
    """Cut the long texts of a sample before it is turned into JSON: one may have megabytes."""
    characters, items = _ROW_LIMITS
    long = ("inputs", "expected", "output", "error", "context", "tool_calls")
    scores = tuple(
        replace(
            score,
            value=clipped(score.value, characters, items),
            reason=clipped(score.reason, characters, items),
        )
        for score in sample.scores[:items]
    )
    shorter = {name: clipped(getattr(sample, name), characters, items) for name in long}
    return replace(sample, scores=scores, **shorter)


def _is_within(body: Any, budget: int) -> bool:
    return _has_room(body, budget) and len(canonical_json(body)) <= budget


def _has_room(body: Any, budget: int) -> bool:
    """Tell what is far too long from the lengths of its texts: to write it out may take minutes."""
    waiting, room = [body], budget
    while waiting and room >= 0:
        value = waiting.pop()
        room -= len(value) if isinstance(value, str | list | tuple | Mapping) else 1
        if isinstance(value, Mapping):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
    return room >= 0
