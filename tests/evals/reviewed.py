"""A finished run in a store, written row by row: what a review starts from."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import insert

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.evals.run import Sample, Score
from llmops_magics.evals.stored import load_run
from llmops_magics.evals.summary import summarise
from llmops_magics.record import format_time, to_jsonable, utc_now
from llmops_magics.storage.table import eval_run
from llmops_magics.storage.table import sample as sample_table

RUN_ID = "run-000000000001-0000abcd"
SCORERS = ("exact_match", "faithfulness")


def rows(count):
    return [
        {
            "id": f"case-{n:05d}",
            "question": f"What is the fee of plan {n}?",
            "context": f"Plan {n} costs {n} euros a month. " + "It can be cancelled. " * 12,
            "expected": f"{n} euros",
            "tags": ["fees" if n % 3 else "refund"],
        }
        for n in range(count)
    ]


def make_sample(case, repeat=0, *, exact=True, judged=True, output="", **changes):
    scores = (
        Score(scorer="exact_match", value=exact, reason="compared as text"),
        Score(scorer="faithfulness", value=judged, reason="every claim stands in the context"),
    )
    fields = {
        "case_id": case.id,
        "repeat": repeat,
        "inputs": case.inputs,
        "expected": case.expected,
        "output": output or f"The fee is {case.expected} a month.",
        "error": "",
        "scores": scores,
        "latency_ms": 400.0 + len(case.id),
        "input_tokens": 90,
        "output_tokens": 12,
        "cost_usd": Decimal("0.0002"),
        "tags": case.tags,
        "trace_id": "",
    }
    return Sample(**(fields | changes))


def store_run(store, samples, *, name="fees", run_id=RUN_ID, case_rows=None, repeats=1):
    """Write a run of these samples (made from ``rows``) and read it back."""
    data = dataset_from_rows(case_rows or rows(len({s.case_id for s in samples})), name)
    DatasetRegistry(store, actor=lambda: "ada").register(data)
    now = format_time(utc_now())
    head = {
        "id": run_id,
        "status": "finished",
        "prompt_name": "support/fees",
        "prompt_number": 2,
        "prompt_digest": "sha256:ab",
        "dataset_digest": data.digest,
        "model": "openai/scripted",
        "config": {"repeats": repeats, "scorers": dict.fromkeys(SCORERS, "sha256:cd")},
        "summary": to_jsonable(summarise(tuple(samples), SCORERS, 1.0)),
        "started_at": now,
        "finished_at": now,
    }
    named = {"case_id", "repeat", "inputs", "expected", "tags"}
    bodies = [
        {
            "run_id": run_id,
            "case_id": each.case_id,
            "repeat": each.repeat,
            "body": {k: v for k, v in to_jsonable(each).items() if k not in named},
        }
        for each in samples
    ]
    with store.write() as connection:
        connection.execute(insert(eval_run).values(head))
        connection.execute(insert(sample_table), bodies)
    return load_run(store, run_id)


def samples_of(count, **by_number):
    """Samples of ``rows(count)``: every fifth fails by both, every seventh by the judge alone."""
    data = dataset_from_rows(rows(count), "fees")
    return [
        make_sample(case, exact=n % 5 != 0, judged=n % 5 != 0 and n % 7 != 0, **by_number)
        for n, case in enumerate(data.cases)
    ]
