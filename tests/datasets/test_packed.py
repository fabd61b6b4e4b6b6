from __future__ import annotations

import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.dataset import case_json, dataset_from_rows, digest_of, to_jsonl
from llmops_magics.datasets.packed import HELD_CASES, PackedCases
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import DatasetError

ROWS = [
    {"id": f"c{i}", "q": f"line\n{i}", "tags": "a", "group": i % 3} for i in range(HELD_CASES + 1)
]
CASES = (
    Case(id="a", inputs={"q": "é\n"}, expected=[1, None], tags=("x", "y"), metadata={"group": 1}),
    Case(id="b", inputs={}),
    Case(id="c", inputs={"n": 0.5}, expected="c"),
)


def packed(cases=CASES):
    return PackedCases(b"".join(case_json(case) + b"\n" for case in cases))


def test_they_are_the_cases_that_went_in():
    cases = packed()
    assert tuple(cases) == CASES
    assert [cases[i] for i in range(3)] == list(CASES)
    assert (len(cases), cases[-1], cases[1:], cases[::-1]) == (3, CASES[2], CASES[1:], CASES[::-1])


@pytest.mark.parametrize("index", [3, -4])
def test_beyond_the_end_is_an_index_error(index):
    with pytest.raises(IndexError):
        packed()[index]


def test_a_large_dataset_is_packed_and_has_the_digest_of_its_cases():
    dataset = dataset_from_rows(iter(ROWS), "large")
    small = dataset_from_rows(ROWS[:-1], "small")
    assert (type(dataset.cases), type(small.cases)) == (PackedCases, tuple)
    assert len(dataset) == HELD_CASES + 1
    assert dataset.digest == digest_of(map(case_json, dataset.cases))
    assert dataset.cases[7] == small.cases[7]
    assert dataset.columns == ("q",)


def test_it_comes_back_from_the_store_as_it_went_in(store):
    registry = DatasetRegistry(store, actor=lambda: "ada")
    dataset = registry.register(dataset_from_rows(ROWS, "large"))
    again = registry.get("large")
    assert again == dataset
    assert to_jsonl(again) == to_jsonl(dataset)
    assert again.cases[5].metadata == {"group": 2}


def test_an_id_that_comes_twice_is_refused_however_late():
    with pytest.raises(DatasetError, match="same id twice: c3"):
        dataset_from_rows([*ROWS, {"id": "c3", "q": ""}], "large")
