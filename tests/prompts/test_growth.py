from fractions import Fraction

import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.growth import (
    check_growth,
    check_number,
    check_operator,
    check_percent,
    check_width,
)


def test_what_stays_small_passes():
    check_growth("replace", "a" * 1000, ["a", "bb"], {})
    check_growth("center", "a", [100], {})
    check_operator("*", "ab", 1000)
    check_operator("**", 2, 2000)
    check_percent("%5.2f of %s", (1.0, "x"))
    check_width(">20.3f")
    check_growth("rsplit", "a" * 1_000_000, ["\n---\n", 1], {})
    check_growth("round", 12345, [-2], {})
    check_operator("//", 2**4000, 3)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        *(("*", "ab", 10**8), ("*", 10**8, [1]), ("**", 2, 5000), ("*", 2**3000, 2**3000)),
        *((operator, 2**5000, 3) for operator in ("//", "%", "/", "+", "-")),
        ("-", 3, 2**5000),
        ("*", Fraction(1, 2**4100), 2),
    ],
)
def test_an_operator_that_would_grow_is_refused(operator, left, right):
    with pytest.raises(RenderError):
        check_operator(operator, left, right)


def test_arithmetic_is_for_plain_values():
    with pytest.raises(RenderError, match=r"cannot use `\+` on a object"):
        check_operator("+", object(), 1)


@pytest.mark.parametrize("name", ["rfind", "rindex", "rsplit", "rpartition", "strip", "trim"])
def test_a_long_text_is_not_searched_for_another_from_its_end(name):
    with pytest.raises(RenderError, match="over the size limit"):
        check_growth(name, "a" * 10_000, ["b" * 5_000], {})  # over 50 million comparisons


@pytest.mark.parametrize(("arguments", "options"), [([-101], {}), ([], {"precision": 10**9})])
def test_rounding_has_a_precision(arguments, options):
    with pytest.raises(RenderError, match="at most 100 digits"):
        check_growth("round", 5, arguments, options)


def test_a_number_has_a_size():
    assert check_number(2**4095) == 2**4095
    assert check_number(True) is True
    with pytest.raises(RenderError, match="4096 bits"):
        check_number(2**4096)
