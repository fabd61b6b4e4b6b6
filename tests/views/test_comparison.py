from __future__ import annotations

from dataclasses import replace

from view_records import comparison

from llmops_magics.views.comparison import comparison_html, comparison_text, difference_cells


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
