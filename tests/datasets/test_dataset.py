import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.errors import DatasetError

values = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_infinity=False)
rows = st.lists(st.dictionaries(st.sampled_from(["q", "expected", "k"]), values), min_size=1)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50, deadline=None)
@given(rows)
def test_the_same_cases_have_the_same_digest(given_rows):
    turned = [dict(reversed(row.items())) for row in given_rows]
    one, two = dataset_from_rows(given_rows, "a"), dataset_from_rows(turned, "b")
    assert one.digest == two.digest
    changed = [{**given_rows[0], "q": "something else entirely"}, *given_rows[1:]]
    assert (dataset_from_rows(changed, "a").digest == one.digest) is (changed == given_rows)


def test_a_dataset_without_cases_is_refused():
    with pytest.raises(DatasetError, match="'a' is empty"):
        dataset_from_rows([], "a")


def test_ids_are_unique():
    with pytest.raises(DatasetError, match="same id twice: 1, case-003"):
        dataset_from_rows([{"id": 1}, {"id": "1"}, {"q": 1}, {"id": "case-003"}], "a")


def test_columns_and_frame():
    dataset = dataset_from_rows([{"b": 1}, {"a": 2, "b": 3, "expected": "x"}], "a")
    assert dataset.columns == ("a", "b")
    assert len(dataset) == 2
    assert list(dataset.to_pandas()["id"]) == ["case-001", "case-002"]
