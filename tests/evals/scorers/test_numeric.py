from __future__ import annotations

import pytest

from llmops_magics.evals.scorers.numeric import find_numbers


@pytest.mark.parametrize(
    ("output", "expected", "value"),
    [
        ("3 + 4 = 7.", 7, True),
        ("The total is 1,234.50 EUR.", 1234.5, True),
        ("\u22125 degrees", -5, True),
        ("12%", "12 %", True),
        ("6.02e23", 6.02e23, True),
        ("It is .5", 0.5, True),
        ("7", [3, 7], True),
        ("seven", 7, False),
        ("8", 7, False),
        ("", 7, False),
        ("0.1", 0.1, True),
    ],
)
def test_the_last_number_counts(judge, output, expected, value):
    assert judge("numeric", output, expected).value is value


def test_tolerances_are_decimal_and_the_larger_one_counts(judge):
    assert judge("numeric(tolerance=0.01)", "0.31", 0.30).value is True  # not so in floats
    assert judge("numeric(tolerance=0.01)", "0.3101", 0.30).value is False
    assert judge("numeric(rel=0.05)", "105", 100).value is True
    assert judge("numeric(rel=0.05)", "105.1", 100).value is False
    assert judge("numeric(rel=0.05)", "-95", -100).value is True
    assert judge("numeric(rel=0.05,tolerance=6)", "106", 100).value is True
    assert judge("numeric(rel=0.5)", "0.0001", 0).value is False


def test_which_number_counts(judge):
    said = {
        w: judge(f"numeric(which={w})", "3, then 5", 3).value
        for w in ("last", "first", "any", "only")
    }
    assert said == {"last": False, "first": True, "any": True, "only": False}
    assert judge("numeric(which=only)", "3 is 3.0", 3).value is True


def test_a_decimal_comma(judge):
    assert judge("numeric(decimal=',')", "Es sind 1.234,5 Euro.", "1234,5").value is True
    assert judge("numeric(decimal=',')", "1\u202f234,5", 1234.5).value is True


@pytest.mark.parametrize("expected", ["many", True, [None], float("inf"), "3 or 4", {"a": 1}])
def test_an_expected_value_that_is_no_number_is_missing(judge, expected):
    score = judge("numeric", "3", expected)
    assert (score.value, score.applicable) == (None, True)


def test_what_is_no_number_is_not_read_as_one():
    assert find_numbers("v2 abc3 x_1") == []
    assert [str(n) for n in find_numbers("12,34 and 1,234")] == ["12", "34", "1234"]
    assert [str(n) for n in find_numbers("9-5")] == ["9", "5"]
    assert find_numbers("9" * 5000) == []
