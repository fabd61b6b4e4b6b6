import pytest

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.schema import check_schema, infer_schema, refuse_breaches
from llmops_magics.errors import DatasetError

ROWS = [{"q": f"text {n}", "lang": "de" if n % 2 else "en", "n": n} for n in range(6)]


def cases(*rows):
    return dataset_from_rows(rows, "d").cases


def test_types_few_values_and_required_fields_are_inferred():
    rows = [*ROWS, {"q": None, "lang": "de", "n": 0.5, "expected": ["x"]}]
    schema = infer_schema(cases(*rows))
    assert schema["properties"] == {
        "expected": {"type": "array"},
        "lang": {"type": "string", "enum": ["de", "en"]},
        "n": {"type": "number"},
        "q": {"type": ["null", "string"]},
    }
    assert schema["required"] == ["lang", "n", "q"]


def test_an_inferred_schema_binds_types_alone():
    schema = infer_schema(cases(*ROWS))
    refuse_breaches(cases({"lang": "fr", "n": 1.5, "new": 1}), schema, is_set=False)
    with pytest.raises(DatasetError, match=r"row 2 \(case-002\), field 'n' is '7', but must be a"):
        refuse_breaches(cases(ROWS[0], {"n": "7"}), schema, is_set=False)


def test_a_schema_that_was_set_binds_in_full():
    schema = check_schema(infer_schema(cases(*ROWS)))
    with pytest.raises(DatasetError) as refused:
        refuse_breaches(cases({"q": "x", "lang": "fr"}), schema, is_set=True)
    assert "row 1 (case-001), field 'n' is missing" in str(refused.value)
    assert "field 'lang' is 'fr', but must be one of 'de', 'en'" in str(refused.value)


def test_values_in_a_refusal_are_masked():
    with pytest.raises(DatasetError, match=r"is '\[email\]'"):
        refuse_breaches(cases({"n": "ada@example.org"}), infer_schema(cases(*ROWS)), is_set=False)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "a JSON object, not a list"),
        ({"type": "strnig"}, "no JSON schema"),
        ({"properties": {"q": {"pattern": "(a+)+$"}}}, "'pattern'"),
        ({"$ref": "http://192.0.2.1/s.json"}, "refers to 'http"),
        ({"x": float("nan")}, "is no JSON"),
        ({"not": {"allOf": [{"patternProperties": {}}]}}, "'patternProperties'"),
    ],
)
def test_a_schema_that_may_not_bind_is_refused(schema, message):
    with pytest.raises(DatasetError, match=message):
        check_schema(schema)


def test_a_column_may_be_named_like_a_word_of_json_schema():
    schema = {"properties": {"pattern": {"enum": ["$ref"]}, "$ref": {"type": "string"}}}
    assert check_schema(schema) == schema


def test_a_schema_without_end_is_refused():
    with pytest.raises(DatasetError, match="without end"):
        refuse_breaches(cases({"q": "x"}), {"$ref": "#"}, is_set=True)
