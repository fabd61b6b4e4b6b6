"""What a month costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.release.forecast import forecast


def test_a_month_is_a_case_times_the_cases(run_of):
    found = forecast(run_of(), cases_per_month=10_000, budget_usd=50)
    assert found.case_usd == pytest.approx(0.001)
    assert found.month_usd == pytest.approx(10)
    assert found.month_low_usd <= 10 <= found.month_high_usd
    assert found.rule == "mean(cost_usd) <= 0.005"


def test_latency_has_no_upper_end_below_72_cases(run_of):
    found = forecast(run_of(), cases_per_month=1)
    assert found.latency_p95_ms == pytest.approx(137.05)
    assert found.latency_high_ms is None
    assert forecast(run_of(cases=72), cases_per_month=1).latency_high_ms == 171.0


def test_an_unknown_price_is_unknown_and_never_free(run_of):
    run = run_of()
    samples = (replace(run.samples[0], cost_usd=None), *run.samples[1:])
    found = forecast(replace(run, samples=samples), cases_per_month=10)
    assert (found.unpriced, found.case_usd, found.month_usd) == (1, None, None)
    assert (found.rule, found.budget_usd) == ("", None)


@pytest.mark.parametrize(
    "terms", [{"cases_per_month": 0}, {"cases_per_month": 1, "budget_usd": -1}]
)
def test_a_month_that_cannot_be(run_of, terms):
    with pytest.raises(UsageError, match="cannot be"):
        forecast(run_of(), **terms)
