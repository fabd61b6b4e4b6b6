import pytest

from llmops_magics.prompts.value import show, why_not


class Loud:
    def __repr__(self):
        raise AssertionError("an error called a method of the notebook's object")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "'x'"),
        ("x" * 99, repr("x" * 57 + "…")),
        (10**99, "1" + "0" * 59),
        (None, "None"),
        ([1, 2], "a list of 2"),
        (Loud(), "a Loud"),
    ],
)
def test_an_error_shows_a_value_in_short(value, shown):
    assert show(value) == shown


def test_why_not_says_where():
    schema = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
    assert why_not(schema, [[1], [2, "x"]]) == "[1][1] is 'x', but must be a whole number"
    assert why_not(schema, [[1.0]]) == ""


def test_bool_is_no_number():
    assert why_not({"type": "number"}, True) == "is True, but must be a number"
