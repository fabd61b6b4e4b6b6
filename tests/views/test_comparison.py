from __future__ import annotations

from dataclasses import replace

from view_records import comparison

from llmops_magics.evals.run import ChanceFlips, ChanceReport, SliceDifference
from llmops_magics.views.comparison import (
    comparison_html,
    comparison_text,
    difference_cells,
    probability,
)
from llmops_magics.views.format import NOTHING


def test_a_comparison_names_the_cases_that_moved():
    html = comparison_html(comparison())
    assert "contains plain, worse: c1" in html
    assert "contains plain, better: c2" in html
    assert "1 better, 1 worse" in comparison_text(comparison())


def test_the_reading_follows_the_interval():
    (item,) = comparison().differences
    readings = {
        (-0.02, 0.1): "within noise",
        (0.01, 0.1): "▲ higher",
        (-0.1, -0.01): "▼ lower",
        (None, None): "not known",
    }
    for (low, high), reading in readings.items():
        assert reading in "".join(difference_cells(replace(item, low=low, high=high)))


def test_a_verdict_goes_before_the_bare_interval():
    (item,) = comparison().differences
    adjusted = replace(
        item, low=0.01, high=0.1, p_value=0.03, p_adjusted=0.09, verdict="within noise", test="t"
    )
    html = "".join(difference_cells(adjusted))
    assert "within noise" in html
    assert "0.09" in html
    assert "t, 0.03 before Holm" in html
    assert "▼ lower" in "".join(difference_cells(replace(adjusted, verdict="worse")))


def test_a_probability_is_never_shown_as_0():
    shown = [probability(p) for p in (None, 0.0, 0.04321, 1.0)]
    assert shown == [NOTHING, "<0.001", "0.043", "1"]


def test_slices_are_folded_away():
    (item,) = comparison().differences
    one = SliceDifference(
        tag="refund <b>", difference=-0.2, low=-0.4, high=-0.1, method="m", n=12, p_value=0.01,
        p_adjusted=0.02, verdict="worse",
    )  # fmt: skip
    html = comparison_html(replace(comparison(), differences=(replace(item, slices=(one,)),)))
    assert "by slice (1)" in html
    assert "refund &lt;b&gt;" in html


def test_what_was_not_compared_and_what_chance_does_is_said():
    (item,) = comparison().differences
    flips = ChanceFlips(
        scorer=item.scorer, n=50, flips=5, rate=0.1, low=0.04, high=0.22, spread=0.3, p_value=1.0,
        is_proportion=True,
    )  # fmt: skip
    chance = ChanceReport(prompt="p@1", run_ids=("a", "b"), common_cases=50, scores=(flips,))
    shown = replace(comparison(), same_dataset=False, changed=2, candidate_only=1, chance=chance)
    for text in (comparison_text(shown), comparison_html(shown)):
        assert "different dataset versions" in text
        assert "Not compared: 1 case in this run only, 2 cases edited between the runs." in text
        assert "2 of 50 cases flipped; chance alone flips about 5.0 (2 to 11)" in text
