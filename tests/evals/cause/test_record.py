"""The report: counts of every class, kept and read back, masked, and of some cases alone."""

from __future__ import annotations

import json

from llmops_magics.evals.cause.record import (
    CAUSES,
    GUESS,
    NOT_RETRIEVED,
    STALE,
    UNKNOWN,
    WRONG,
    CauseReport,
    CauseRow,
    count_causes,
    masked_report,
    report_from,
    unattributed,
)


def report(*rows):
    return CauseReport(
        run_id="run-1", prompt="p@1", corpora=("docs",), index_then=("i1",), index_now=("i2",),
        depth=100, counts=count_causes(rows), rows=rows, remarks=("said",),
    )  # fmt: skip


ROWS = (
    CauseRow(case_id="a", cause=NOT_RETRIEVED, why="w", rank=7, depth=100, retrieved=("d", "e")),
    CauseRow(case_id="b", cause=STALE, why="w", document_id="d", basis=GUESS),
    CauseRow(case_id="c", cause=WRONG, why="w", share=0.5),
    CauseRow(case_id="d", cause=UNKNOWN, why="w"),
)


def test_every_class_is_counted_also_with_none():
    made = report(*ROWS)
    assert tuple(made.counts) == CAUSES
    assert (made.retrieval_count, made.model_count, made.guesses) == (2, 1, 1)
    assert made.counts["not in the corpus"] == 0


def test_it_is_read_back_as_it_was_kept():
    made = report(*ROWS)
    read = report_from(json.loads(made.to_bytes()))
    assert read == made
    assert tuple(read.counts) == CAUSES
    none = unattributed("run-1", "p@1", "the index is gone")
    assert report_from(json.loads(none.to_bytes())) == none


def test_of_some_cases():
    part = report(*ROWS).of({"a", "d", "other"})
    assert [row.case_id for row in part.rows] == ["a", "d"]
    assert (part.retrieval_count, part.counts[UNKNOWN]) == (1, 1)
    assert report(*ROWS).to_pandas()["cause"].tolist() == [row.cause for row in ROWS]


def test_what_it_quotes_is_masked():
    row = CauseRow(case_id="a", cause=STALE, why="w", evidence="mail ada@example.com")
    (masked,) = masked_report(report(row)).rows
    assert "ada@example.com" not in masked.evidence
