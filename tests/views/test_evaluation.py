from __future__ import annotations

from decimal import Decimal

from view_records import comparison, eval_run, sample, summary

from llmops_magics.evals.run import ChanceFlips, ChanceReport, Score
from llmops_magics.views.case import MAX_ROWS, attention_order, verdict_badge
from llmops_magics.views.evaluation import eval_run_html, eval_run_text
from llmops_magics.views.format import NOTHING


def ids(run):
    return [item.case_id for item in attention_order(run)]


def test_failed_rows_come_first_then_regressed_ones():
    samples = [
        sample("fine"),
        sample("worse"),
        sample("wrong", value=False),
        sample("broken", error="429"),
    ]
    run = eval_run(samples, beside=comparison(regressed=("worse",)))
    assert ids(run) == ["wrong", "broken", "worse", "fine"]
    rows = [eval_run_html(run).index(f"<span>{case}</span>") for case in ids(run)]
    assert rows == sorted(rows)


def test_at_most_two_hundred_rows_and_the_rest_is_counted():
    html = eval_run_html(eval_run([sample(f"case-{n}") for n in range(MAX_ROWS + 7)]))
    assert html.count("✓ pass") == MAX_ROWS
    assert "case-199<" in html
    assert "case-200<" not in html
    assert "and 7 more rows in the record" in html


def test_an_unknown_cost_is_unknown_and_a_free_answer_costs_nothing():
    html = eval_run_html(eval_run([sample("c1", cost=None), sample("c2", cost="0")]))
    assert ">unknown</td>" in html
    assert ">$0</td>" in html
    assert "at least $0.021 (1 unpriced answer)" in html


def test_every_verdict_is_a_word():
    missing = (Score(scorer="judge", value=None),)
    assert "✓ pass" in verdict_badge(sample())
    assert "✗ fail" in verdict_badge(sample(value=False))
    assert "! error" in verdict_badge(sample(error="timed out"))
    assert "? missing" in verdict_badge(sample(scores=missing))


def test_an_error_row_shows_its_error():
    assert "timed out" in eval_run_html(eval_run([sample(error="timed out", output="")]))


def test_a_changed_answer_has_the_baselines_beside_it():
    run = eval_run([sample("c1"), sample("c2", output="older plain")], beside=comparison())
    assert eval_run_html(run).count("baseline&#x27;s answer") == 1


def test_a_long_input_is_folded_under_its_size():
    html = eval_run_html(eval_run([sample(inputs={"q": "short", "context": "x" * 2431})]))
    assert "context (2,431\N{NO-BREAK SPACE}chars)" in html


def test_labels_are_counted_where_there_is_no_mean():
    scores = (Score(scorer="tone", value="warm"),)
    tone = summary("tone", mean=None, low=None, high=None, method="")
    html = eval_run_html(eval_run([sample(scores=scores)] * 2, scores=(tone,)))
    assert "2 warm" in html


def test_text_gives_the_totals_the_scores_and_the_failing_cases():
    shown = eval_run_text(eval_run(beside=comparison()))
    assert "84.0% (72.1% to 92.0%, plain, n=50)" in shown
    assert "+4.0 pts (\N{MINUS SIGN}2.1 to +10.0, bootstrap plain)" in shown
    assert "1 of 2 cases failed: c2" in shown


def test_a_run_without_samples_is_shown():
    assert "✓ no case failed" in eval_run_html(eval_run([]))


def test_a_nan_score_is_shown_as_nothing():
    scores = (Score(scorer="s", value=float("nan")),)
    assert NOTHING in eval_run_html(eval_run([sample(scores=scores, cost_usd=Decimal(0))]))


def test_repeats_say_how_reliable_a_scorer_is():
    repeated = summary("kept", k=3, pass_at_k=0.9, pass_hat_k=0.5, flake_rate=0.4, groups=12)
    run = eval_run(scores=[repeated])
    for shown in (eval_run_text(run), eval_run_html(run)):
        assert "kept: pass@3 90.0%, pass^3 50.0%, 40.0% of cases flaky" in shown
        assert "Wilson, 12 groups" in shown


def test_an_aa_run_is_told():
    flips = ChanceFlips(
        scorer="s", n=50, flips=5, rate=0.1, low=0.04, high=0.22, spread=0.3, p_value=1.0,
        is_proportion=True,
    )  # fmt: skip
    moved = ChanceFlips(**{**vars(flips), "scorer": "t", "is_proportion": False})
    chance = ChanceReport(
        prompt="<p>@1", run_ids=("a", "b"), common_cases=50, scores=(flips, moved)
    )
    run = eval_run(chance=chance)
    text = eval_run_text(run)
    assert "A/A of <p>@1, s: 5 of 50 cases flip by chance, 10.0% (4.0% to 22.0%)" in text
    assert "t: between equal runs a case moves by 0.3 (standard deviation, 50 cases)" in text
    assert "A/A of &lt;p&gt;@1" in eval_run_html(run)
