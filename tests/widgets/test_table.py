"""The live table, driven as a reader would: by setting its controls."""

from __future__ import annotations

import pytest
from view_records import comparison, eval_run, sample

from llmops_magics.widgets.selection import PAGE_ROWS
from llmops_magics.widgets.table import CaseTable


@pytest.fixture
def table():
    samples = [sample(f"case-{n:02}", value=n % 5 != 0, output=f"answer {n}") for n in range(45)]
    return CaseTable(eval_run(samples, beside=comparison()))


def test_pages_turn_and_stop_at_the_ends(table):
    assert table.position.value == "page 1 of 3"
    assert table.previous.disabled
    table.next.click()
    table.next.click()
    assert table.position.value == "page 3 of 3"
    assert table.next.disabled


def test_the_filter_searches_answers_and_goes_to_the_first_page(table):
    table.next.click()
    table.filter.value = "ANSWER 44"
    assert table.position.value == "page 1 of 1"
    assert "1 row of 45" in table.table.value
    assert "case-44" in table.table.value


def test_failing_only_shows_the_nine_that_failed(table):
    table.show.value = "failing"
    assert "9 rows of 45" in table.table.value
    assert "✓ pass" not in table.table.value


def test_an_order_is_chosen_by_name(table):
    table.order.value = "case"
    assert table.table.value.index("case-00") < table.table.value.index("case-01")
    assert "contains plain, lowest first" in table.order.options


def test_the_detail_shows_one_case_in_full(table):
    table.order.value = "case"
    table.case.value = 2
    assert "because plain" in table.detail.value
    assert "case-02" in table.detail.value
    table.next.click()
    assert table.detail.value == ""


def test_a_page_has_at_most_its_rows(table):
    assert len(table.case.options) == PAGE_ROWS + 1


def test_no_output_widget_is_made(table):
    kinds = {type(widget).__name__ for widget in _walk(table.widget)}
    assert kinds == {"VBox", "HBox", "HTML", "Text", "ToggleButtons", "Dropdown", "Button"}


def test_an_empty_run_has_one_empty_page():
    assert CaseTable(eval_run([])).position.value == "page 1 of 1"


def _walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)
