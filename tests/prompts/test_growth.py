import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.growth import check_growth, check_operator, check_percent, check_width


def test_what_stays_small_passes():
    check_growth("replace", "a" * 1000, ["a", "bb"], {})
    check_growth("center", "a", [100], {})
    check_operator("*", "ab", 1000)
    check_operator("**", 2, 2000)
    check_percent("%5.2f of %s", (1.0, "x"))
    check_width(">20.3f")


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [("*", "ab", 10**8), ("*", 10**8, [1]), ("**", 2, 5000), ("*", 2**3000, 2**3000)],
)
def test_an_operator_that_would_grow_is_refused(operator, left, right):
    with pytest.raises(RenderError):
        check_operator(operator, left, right)


def test_arithmetic_is_for_plain_values():
    with pytest.raises(RenderError, match=r"cannot use `\+` on a object"):
        check_operator("+", object(), 1)
