"""Causes for the views' tests, each text of them the one given."""

from __future__ import annotations

from llmops_magics.evals.cause.record import (
    CAUSES,
    GUESS,
    LABEL,
    CauseReport,
    CauseRow,
    count_causes,
    unattributed,
)


def cause_row(n=0, cause=CAUSES[2], t="plain", **changes):
    fields = {
        "case_id": f"c{n} {t}", "cause": cause, "why": t, "question": t, "document_id": t,
        "evidence": t, "basis": LABEL, "rank": 7, "depth": 100, "share": 0.25, "pieces": 2,
        "retrieved": (t, t), "corpus": t,
    }  # fmt: skip
    return CauseRow(**(fields | changes))


def cause_report(rows=None, *, t="plain", **changes):
    if rows is None:
        rows = tuple(cause_row(n, cause, t) for n, cause in enumerate(CAUSES))
        rows += (cause_row(9, CAUSES[2], t, rank=None, share=None, basis=GUESS),)
    fields = {
        "run_id": t, "prompt": t, "corpora": (t,), "index_then": (t,), "index_now": (t,),
        "depth": 100, "counts": count_causes(rows), "rows": tuple(rows), "left_out": 3,
        "remarks": (t,),
    }  # fmt: skip
    return CauseReport(**(fields | changes))


def every_record(t):
    return [cause_report(t=t), unattributed(t, t, t), cause_report((), t=t)]
