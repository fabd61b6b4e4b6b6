"""What a reader learns from the views of datasets."""

import dataset_records as records
import pytest

from llmops_magics.record import VIEWS

MAIL = "ada@example.org"


def shown(record):
    return VIEWS[record.kind].text(record)


@pytest.mark.parametrize("record", records.every_record(f"ask {MAIL} of it"), ids=lambda r: r.kind)
def test_personal_data_is_shown_in_no_view(record):
    assert MAIL not in VIEWS[record.kind].html(record)
    assert MAIL not in shown(record)


def test_a_check_says_what_is_near_and_that_it_stopped():
    text = shown(records.check("x"))
    assert "near means a Jaccard index of 0.8 or more" in text
    assert "the search for near pairs stopped at its limit" in text
    assert "and 50 more findings in the record" in text


def test_a_field_that_came_is_not_one_that_was_empty():
    assert "x: -(not there)" in shown(records.diff("x"))


def test_rows_are_counted_where_they_are_not_shown():
    assert "and 100 more cases in the record" in shown(records.view("x", rows=250))


def test_a_first_version_names_no_added_ids():
    assert "added: x" in shown(records.change("x"))
    assert "added: x" not in shown(records.change("x", before=0))
