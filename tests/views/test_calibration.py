from __future__ import annotations

from dataclasses import replace

import pytest
from view_records import DIGEST, calibration

from llmops_magics.evals.calibration.record import (
    ConfusionCell,
    Consistency,
    LengthBias,
    Measure,
    PositionBias,
)
from llmops_magics.views.calibration import calibration_html, calibration_text
from llmops_magics.views.format import NOTHING


def test_a_granted_licence_and_what_it_is_for():
    html, text = calibration_html(calibration()), calibration_text(calibration())
    for shown in (html, text):
        assert "✓ licence granted" in shown
        for words in ("licence 7", "judge/faithfulness@2", "openai/judge", "support-labels@3"):
            assert words in shown
        assert "40 labels judged, 3 not" in shown
        assert "90.0%" in shown
        assert "0.80" in shown
        assert "18 (90%)" in shown
    assert "a number means" not in text
    assert DIGEST[:19] in html


def test_a_refused_one_gives_its_reasons():
    refused = calibration(granted=False)
    for shown in (calibration_html(refused), calibration_text(refused)):
        assert "✗ licence refused" in shown
        assert "The judge always says yes." in shown


def test_predictors_stand_beside_it_and_the_constant_has_no_interval():
    text = calibration_text(calibration())
    constant = next(line for line in text.splitlines() if line.startswith("  constant"))
    assert constant.split() == ["constant", "50.0%", NOTHING, "0.00", NOTHING, "50.0%"]
    assert "always yes" in calibration_html(calibration())


def test_what_else_moves_a_judge():
    tenth = Measure(value=0.1, low=0.05, high=0.2, n=40)
    report = replace(
        calibration(),
        consistency=Consistency(repeats=3, flipped=tenth, agreement=0.95),
        position=PositionBias(decided=tenth, for_first=3, for_second=1),
        length=LengthBias(concordance=Measure(value=0.61, n=40), pairs=200, of="a yes"),
    )
    html, text = calibration_html(report), calibration_text(report)
    for shown in (html, text):
        for words in ("changes its mind", "position bias", "length bias", "5.0% to 20.0%"):
            assert words in shown
    assert "3 for the first, 1 for the second" in html
    assert "What else moves it" not in calibration_html(calibration())


def test_disputed_and_missing_cases():
    for shown in (calibration_html(calibration()), calibration_text(calibration())):
        assert "case-1" in shown
        assert "unsupported: That." in shown
        assert "It was not JSON." in shown
    assert "4 cases in dispute" in calibration_html(calibration())


def test_nothing_judged_at_all():
    nothing = Measure(value=None)
    report = calibration()
    report = replace(
        report,
        agreement=replace(
            report.agreement, accuracy=nothing, balanced_accuracy=nothing, kappa=nothing
        ),
        predictors=(),
        disagreements=(),
        confusion=tuple(
            ConfusionCell(human=h, judged=j, n=0) for h in ("yes", "no") for j in ("yes", "no")
        ),
    )
    assert NOTHING in calibration_text(report)
    assert NOTHING in calibration_html(report)


@pytest.mark.parametrize("view", [calibration_html, calibration_text])
def test_personal_data_in_a_reason_is_masked(view):
    assert "ada@example.org" not in view(calibration("ada@example.org"))
