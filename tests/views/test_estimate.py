from __future__ import annotations

from decimal import Decimal

import front_records as records

from llmops_magics.evals.planned_run import Figure
from llmops_magics.views.estimate import eval_estimate_html, eval_estimate_text, plan_lines


def test_two_lines_say_what_it_takes_and_what_it_shows():
    takes, shows = plan_lines(records.estimate("", records.planned_run("")))
    assert takes == (
        "Plan: 200 calls (50 stored already) of openai/gpt-4.1-mini · ≈ 120,000 in / ≈ 15,000 out "
        "tokens · ≈ $0.073 · ≈ 41.2 s"
    )
    assert shows.startswith("support-faq@3, 200 cases: smallest difference shown contains 8.3 pts,")
    assert "none (too few cases)" in shows


def test_what_is_unknown_is_said_and_never_0():
    takes, _ = plan_lines(records.estimate("", records.unknown_run("")))
    assert "unknown out tokens" in takes
    assert "cost unknown, at least $0.049" in takes
    assert "time unknown" in takes
    assert "up to 200 judge calls of openai/gpt-4.1" in takes
    assert "$0 " not in takes


def test_a_plan_of_stored_answers_is_free():
    nothing = Figure(value=0.0, source="every answer is stored")
    free = records.planned_run(
        "", cached=200, cost_usd=Decimal(0), input_tokens=nothing, output_tokens=nothing,
        seconds=nothing,
    )  # fmt: skip
    takes, _ = plan_lines(records.estimate("", free))
    assert takes.endswith("0 in / 0 out tokens · $0")


def test_the_table_names_where_each_figure_comes_from():
    planned = records.estimate("t")
    assert "support/answer@4 t temperature=0" in eval_estimate_html(planned)
    for shown in (eval_estimate_html(planned), eval_estimate_text(planned)):
        assert "run run-1 t" in shown
        assert "no earlier run t" in shown
