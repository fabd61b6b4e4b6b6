import pytest

from llmops_magics.evals.comparison import verdict_of
from llmops_magics.evals.direction import prefers_higher


@pytest.mark.parametrize(
    ("metric", "is_assertion", "higher"),
    [
        ("contains", True, True),
        ("groundedness", False, True),
        ("pii_leak", False, False),
        ("latency", False, False),
        ("latency", True, True),  # within its limit
        ("errors", True, False),
        ("cost_usd", False, False),
    ],
)
def test_less_is_better_of_what_is_spent_or_leaked(metric, is_assertion, higher):
    assert prefers_higher(metric, is_assertion=is_assertion) is higher


def test_the_caller_knows_best():
    assert prefers_higher("latency_ms", True)
    assert not prefers_higher("contains", False)


def test_a_rise_of_what_should_fall_is_worse():
    assert verdict_of(0.1, 0.3, 0.01) == "better"
    assert verdict_of(0.1, 0.3, 0.01, higher_is_better=False) == "worse"
