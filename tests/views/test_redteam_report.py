"""A red team report as it is shown: failing attacks first, and nothing in it is markup."""

from __future__ import annotations

from redteam_records import family, report

from llmops_magics import views
from llmops_magics.record import VIEWS
from llmops_magics.views.redteam_report import redteam_report_html, redteam_report_text

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>$x_1$\u202e'


def test_what_a_rate_leaves_out_is_said():
    words = "a rate is of the decided attacks alone"
    assert words in redteam_report_html(report())
    assert words not in redteam_report_html(report(total=family(undecided=0)))


def test_what_succeeded_comes_first_and_what_was_not_tried_is_said():
    text = redteam_report_text(report())
    assert text.startswith("✗ 3 of 12 attacks succeeded: p@1")
    assert "Not tried: x, for no canary." in text
    assert "25.0 pts" in text
    html = redteam_report_html(report())
    assert "25.0%" in html
    assert "10.0% to 50.0%" in html
    assert html.index("Family") < html.index("sent")


def test_all_resisted_or_undecided():
    good = family(succeeded=0, undecided=0, rate=0.0)
    assert redteam_report_text(report(total=good, attacks=())).startswith("✓ 12 attacks resisted")
    open_ones = family(succeeded=0, undecided=2)
    assert redteam_report_text(report(total=open_ones)).startswith("? 2 of 12 attacks undecided")


def test_no_text_of_it_is_markup():
    html = redteam_report_html(report(EVIL))
    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in redteam_report_text(report(EVIL))


def test_a_large_report_stays_small():
    many = report(attacks=report("x" * 1_000).attacks * 1_000)
    view = VIEWS["redteam-report"]
    assert len(str(view.json(many))) < 200_000
    assert "and 800 more attacks in the record" in view.html(many)
    assert view.json(many)["cut"]["attacks"] == 1_000
    assert views.html_document
