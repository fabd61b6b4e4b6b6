import pytest

from llmops_magics.errors import GateUsageError
from llmops_magics.release.execution.parameter import UNKNOWN, check_value, parse_parameter


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=5", 5),
        ("x=0.5", 0.5),
        ("x=true", True),
        ("x=no", "no"),
        ("x=2026-11-23", "2026-11-23"),
        ("x=[a, b]", ["a", "b"]),
        ("x=a=b", "a=b"),
        ("x=", ""),
        ("x='5'", "5"),
        ("x=support/answer@7", "support/answer@7"),
    ],
)
def test_values_are_typed(text, value):
    name, read = parse_parameter(text)
    assert (name, read, type(read)) == ("x", value, type(value))


@pytest.mark.parametrize("text", ["x", "=5", "x={a: 1}", "x=[a", "x=!!python/name:os.system"])
def test_what_is_no_parameter_is_refused(text):
    with pytest.raises(GateUsageError):
        parse_parameter(text)


@pytest.mark.parametrize(
    ("value", "default"),
    [("many", 5), (True, 5), (0.5, 5), (1, True), (5, "text"), ("a", ["b"]), (float("nan"), 0.5)],
)
def test_wrong_type_is_refused(value, default):
    with pytest.raises(GateUsageError, match="'x'"):
        check_value("x", value, default)


@pytest.mark.parametrize(
    ("value", "default"), [(6, 5), (1, 0.5), ("b", "a"), (["a"], []), (1, None), ("a", UNKNOWN)]
)
def test_fitting_type_passes(value, default):
    check_value("x", value, default)
