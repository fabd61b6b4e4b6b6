"""What is seen of a bench of detectors."""

from __future__ import annotations

import guard_records as records

import llmops_magics.views  # noqa: F401
from llmops_magics.guard.bench.report import BenchResult, rate
from llmops_magics.record import VIEWS
from llmops_magics.views.format import NOTHING
from llmops_magics.views.guard_bench import curve_plot
from llmops_magics.views.markup import PNG_SIGNATURE


def html(record):
    return VIEWS[record.kind].html(record)


def test_rates_have_their_intervals_beside_them():
    page = html(records.guard_bench())
    assert "60.0%" in page
    assert "50.2% to 69.1%" in page  # Wilson, 60 of 100
    assert 'title="4 of 200"' in page
    assert "injection plain" in str(records.guard_bench())


def test_the_curve_is_a_png_with_words():
    bench = records.guard_bench()
    plot = curve_plot(bench, bench.results[:1])
    assert plot.png.startswith(PNG_SIGNATURE)
    assert "at the threshold 0.9 recall is 40.0% with 2.0% false alarms" in plot.words
    assert "<img" in html(bench)


def test_a_detector_that_failed_is_no_row_of_zeros():
    bench = records.guard_bench(results=(BenchResult(detector="pii-model", error="no weights"),))
    for shown in (html(bench), str(bench)):
        assert "pii-model could not look: no weights" in shown
        assert "0.0%" not in shown


def test_a_target_that_no_threshold_reaches_is_said():
    result = records.bench_result(at_target=None)
    assert "no threshold keeps false alarms at 2.0%" in str(records.guard_bench(results=(result,)))


def test_spans_are_named_where_results_are_by_span():
    page = html(records.guard_bench(unit="span", spans=40))
    assert "By span" in page
    assert "40 spans" in page


def test_nothing_flagged_has_no_precision():
    result = records.bench_result(precision=rate(0, 0), f1=None, curve=(), auc=None)
    line = str(records.guard_bench(results=(result,))).splitlines()[-1]
    assert line.split()[-4:] == [*[NOTHING] * 3, "812"]
    assert "60.0% (50.2% to 69.1%)" in line
