from __future__ import annotations

import json

import pytest

from llmops_magics.evals.scorers.json_fields import find_field, is_same, read_path

ORDER = {"id": 7, "customer": {"name": "Ada", "tags": []}, "items": [{"price": 2.5}]}


def test_every_leaf_counts(judge):
    answer = {**ORDER, "id": "7", "more": 1}
    score = judge("json_fields", json.dumps(answer), ORDER)  # id, name, tags, price
    assert score.value == 0.75
    assert score.reason == "wrong or absent: id"
    assert judge("json_fields", json.dumps(ORDER), json.dumps(ORDER)).value == 1.0


def test_named_fields_by_path_and_by_pointer(judge):
    answer = json.dumps({"customer": {"name": "Ada"}, "items": [{"price": 2.6}]})
    paths = "json_fields(fields=[customer.name,items[0].price,/customer/name])"
    assert judge(paths, answer, ORDER).value == pytest.approx(2 / 3)
    assert judge("json_fields(fields=items[0].price,tolerance=0.2)", answer, ORDER).value == 1.0


def test_what_is_expected_of_an_absent_field_is_missing(judge):
    score = judge("json_fields(fields=[id,colour])", "{}", ORDER)
    assert (score.value, score.reason) == (None, "the expected document has no field colour")
    assert judge("json_fields", "{}", "plain text").value is None


@pytest.mark.parametrize("output", ["", "Sure: {}", "[" * 100_000, '{"id": NaN}'])
def test_an_answer_that_is_no_json_scores_nothing(judge, output):
    assert judge("json_fields", output, ORDER).value == 0.0


def test_types_count_but_not_how_a_number_is_written():
    assert is_same(1, 1.0)
    assert not is_same(1, True)
    assert not is_same("1", 1)
    assert is_same({"a": [1, None]}, {"a": [1.0, None]})
    assert not is_same([1], [1, 2])
    assert not is_same(float("nan"), 1)


def test_paths():
    assert read_path("a.b[2].c") == ("a", "b", 2, "c")
    assert read_path("/a~1b/0") == ("a/b", "0")
    assert find_field({"a/b": ["x"]}, ("a/b", "0")) == "x"
    for wrong in (".a", "a..b", "a[x]", "a[-1]"):
        with pytest.raises(ValueError, match="no path"):
            read_path(wrong)


def test_deep_documents_end(judge):
    deep = "[" * 900 + "]" * 900
    assert judge("json_fields", deep, deep).value in (None, 0.0, 1.0)
