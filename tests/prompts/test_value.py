import math
from fractions import Fraction

import numpy as np
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


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_number_is_finite(value):
    schema = {"type": "number", "minimum": 0, "maximum": 1}
    assert why_not(schema, value).endswith("but must be a number")
    assert why_not({"type": "array", "items": schema}, [0, value]).startswith("[1] is")


def test_a_number_may_be_of_any_kind_and_size():
    for value in (0, 0.5, 10**400, Fraction(1, 3), np.float32(0.5), np.int64(3)):
        assert why_not({"type": "number", "minimum": 0}, value) == ""
    assert why_not({"type": "string"}, 10**5000) == (
        "is a number of 16,610 bits, which cannot be checked"
    )
