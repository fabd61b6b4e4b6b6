import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

sys.path.append(str(Path(__file__).parent))
from dataset_rows import ROWS

from llmops_magics.datasets.addition import add_rows, replace_all
from llmops_magics.datasets.dataset import dataset_from_cases, dataset_from_rows
from llmops_magics.datasets.diff import diff
from llmops_magics.errors import DatasetError

ROW = [{"id": "a", "q": "1"}, {"q": "2"}]
THERE = dataset_from_rows(ROW, "d").cases  # a and case-002


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=ROWS, more=ROWS)
def test_a_diff_tells_exactly_what_was_added(before, more):
    try:
        there = dataset_from_rows(before, "d")
        addition = add_rows(there.cases, more, "d", replace=True)
    except DatasetError:
        assume(False)
    told = diff(there, dataset_from_cases(addition.cases, "d"))
    assert told.added == addition.added
    assert {case.id for case in told.changed} == set(addition.replaced)
    assert (told.removed, told.is_reordered) == ((), False)
    assert add_rows(addition.cases, more, "d").added == ()


def test_rows_without_an_id_get_the_next_free_one():
    addition = add_rows(
        THERE, [{"q": "3"}, {"id": "case-004", "q": "4"}, {"id": None, "q": 5}], "d"
    )
    assert addition.added == ("case-003", "case-004", "case-005")
    assert [case.id for case in addition.cases] == ["a", "case-002", *addition.added]


def test_what_is_there_already_changes_nothing():
    addition = add_rows(THERE, ROW, "d")
    assert (addition.cases, addition.unchanged) == (THERE, ("a", "case-002"))
    assert (addition.added, addition.new_cases) == ((), [])


def test_another_content_under_an_id_is_refused_unless_it_may_replace():
    with pytest.raises(DatasetError, match=r"other content under the id a\. Nothing was added"):
        add_rows(THERE, [{"id": "a", "q": 1}], "d")
    addition = add_rows(THERE, [{"id": "a", "q": 1}], "d", replace=True)
    assert (addition.replaced, addition.cases[0].inputs) == (("a",), {"q": 1})


def test_ids_that_are_unicode_twins_are_one():
    there = dataset_from_rows([{"id": "caf\u00e9", "q": "1"}], "d").cases
    with pytest.raises(DatasetError, match="other content"):
        add_rows(there, [{"id": "cafe\u0301", "q": "2"}], "d")
    with pytest.raises(DatasetError, match="Two Unicode forms"):
        dataset_from_rows([{"id": "caf\u00e9"}, {"id": "cafe\u0301"}], "d")


def test_nothing_to_add_is_refused():
    with pytest.raises(DatasetError, match="nothing to add"):
        add_rows(THERE, [], "d")


def test_replacing_all_says_what_became_of_each():
    new = dataset_from_rows([{"id": "b", "q": "1"}, {"id": "a", "q": "9"}], "d").cases
    change = replace_all(THERE, new)
    assert (change.added, change.replaced, change.removed) == (("b",), ("a",), ("case-002",))
    assert change.unchanged == ()
