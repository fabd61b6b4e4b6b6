"""How lint findings, several gates, gold notebooks, drift and a month's cost look."""

from __future__ import annotations

import pytest

import llmops_magics.views  # noqa: F401  (fills the registry of views)
from llmops_magics.notebook import gold_notebooks
from llmops_magics.record import VIEWS
from llmops_magics.release.execution.batch import BatchEntry, GateBatch
from llmops_magics.release.execution.description import describe
from llmops_magics.release.forecast import CostForecast
from llmops_magics.release.lint.record import GateLint, LintFinding
from llmops_magics.release.sentinel import Drifted, DriftReport

HOSTILE = "<script>alert(1)</script>"


def lint(*findings):
    return GateLint(notebook="g.ipynb", cells=3, findings=findings)


FINDING = LintFinding(rule="secret", severity="error", message=HOSTILE, cell=2, line=5)
DRIFT = DriftReport(
    verdict="we changed",
    reason="Changed: prompt; results are within noise on 40 cases.",
    gate_id="g-1",
    dossier_digest="sha256:d",
    accepted_at="2026-11-24T00:00:00.000000Z",
    prompt="support/answer@2",
    model="openai/x",
    ours=(Drifted(what="prompt", before=HOSTILE, after="sha256:b"),),
    provider=(),
    results="within noise",
    comparison=None,
    notes=("No endpoint gave a fingerprint.",),
)
MONTH = CostForecast(
    prompt="support/answer@2", model="openai/x", cases=40, unpriced=0,
    case_usd=0.001, case_low_usd=0.0009, case_high_usd=0.0012, cases_per_month=10_000,
    month_usd=10.0, month_low_usd=9.0, month_high_usd=12.0, budget_usd=50.0,
    rule="mean(cost_usd) <= 0.005", latency_p95_ms=137.0, latency_low_ms=130.0,
    latency_high_ms=None,
)  # fmt: skip
BATCH = GateBatch(
    entries=(BatchEntry(notebook="cost_gate", result=None, problem=f"disk {HOSTILE}"),),
    exit_code=4,
    jobs=2,
    duration_s=1.5,
)


@pytest.mark.parametrize(
    "case",
    [
        (lint(), "g.ipynb: ✓ nothing found"),
        (lint(FINDING), "g.ipynb: 1 error"),
        (DRIFT, "! we changed: Changed: prompt"),
        (MONTH, "$10.00 a month, of a budget of $50.00"),
        (BATCH, "COULD NOT RUN: cost_gate · disk"),
    ],
)
def test_the_first_line_says_it(case):
    record, first = case
    assert VIEWS[record.kind].text(record).startswith(first)


@pytest.mark.parametrize("record", [lint(FINDING), DRIFT, MONTH, BATCH])
def test_nothing_that_is_shown_is_markup(record):
    assert "<script" not in VIEWS[record.kind].html(record)


def test_gold_notebooks_describe_themselves():
    found = describe([gold_notebooks()["cost_gate"]])
    text = VIEWS[found.kind].text(found)
    assert text.startswith("cost_gate: Cost gate\n")
    assert "  budget_usd: float = 100.0\n      what they may cost in a month" in text
    assert all(p.words and p.type for p in found.gates[0].parameters)


def test_every_parameter_of_every_gold_notebook_is_typed_and_described():
    for gate in describe(list(gold_notebooks().values())).gates:
        assert all(p.words and p.type for p in gate.parameters), gate.name
