import pytest

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.rule import parse_rule


def test_a_latency():
    rule = parse_rule("p95(latency_ms) > 4000 over 15m")
    assert (rule.subject, rule.statistic, rule.quantile) == ("latency_ms", "p95", 0.95)
    assert (rule.comparison, rule.bound, rule.over_s, rule.where) == (">", 4000, 900, ())
    assert rule.alerts(4000.1)
    assert not rule.alerts(4000)


@pytest.mark.parametrize(
    ("text", "subject", "statistic", "where", "bound"),
    [
        ("error_rate[prompt=a/b] > 5% over 1h", "error_rate", "", {"prompt": "a/b"}, 0.05),
        ("failure_rate(timeout) >= 0.02 over 1h", "failure_rate", "timeout", {}, 0.02),
        ("calls<10 over 1h", "calls", "", {}, 10),
        (
            "cost_usd[model=openai/a, purpose=eval] > $5 over 1d",
            "cost_usd", "", {"model": "openai/a", "purpose": "eval"}, 5,
        ),
        ("cache_hit_rate <= 0.2 over 1d", "cache_hit_rate", "", {}, 0.2),
        ("max(first_token_ms[model=a]) > 9 over 1h", "first_token_ms", "max", {"model": "a"}, 9),
        ("p99.9(latency_ms)  >  1  over  1h", "latency_ms", "p99.9", {}, 1),
    ],
)  # fmt: skip
def test_the_other_metrics(text, subject, statistic, where, bound):
    rule = parse_rule(text)
    assert (rule.subject, rule.statistic, dict(rule.where)) == (subject, statistic, where)
    assert rule.bound == pytest.approx(bound)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("latency", "cannot be read"),
        ("p95(latency_ms) > 4000", "cannot be read"),
        ("p95(latency_ms) == 4000 over 1h", "cannot be read"),
        ("__import__('os') > 1 over 1h", "cannot be read"),
        ("x" * 600, "cannot be read"),
        ("latency_ms > 4000 over 1h", "needs a statistic"),
        ("p0(latency_ms) > 4000 over 1h", "no statistic"),
        ("sum(latency_ms) > 4000 over 1h", "no statistic"),
        ("failure_rate(boredom) > 0.1 over 1h", "failure_rate takes one of timeout"),
        ("failure_rate > 0.1 over 1h", "failure_rate takes one of"),
        ("beauty > 1 over 1h", "no metric beauty"),
        ("calls(x) > 1 over 1h", r"no metric calls\(x\)"),
        ("error_rate > 5 over 1h", "write 0.05 or 5%"),
        ("error_rate > 100% over 1h", "never above 1"),
        ("calls > 5% over 1h", "not measured in percent"),
        ("calls < 0 over 1h", "nothing is below 0"),
        ("calls >= 0 over 1h", "everything is 0 or more"),
        ("calls > -1 over 1h", "no number of 0 or more"),
        ("calls > nan over 1h", "no number"),
        ("calls > 1 over 1y", "no length of time"),
        ("calls[user=a] > 1 over 1h", "is no filter"),
        ("calls[] > 1 over 1h", "is no filter"),
        ("calls[model=a, model=b] > 1 over 1h", "is no filter"),
        ("calls[model=a] > 1 over 1h; DROP TABLE span", "cannot be read"),
    ],
)
def test_what_cannot_be_meant(text, said):
    with pytest.raises(UsageError, match=said):
        parse_rule(text)


def test_reading_a_hostile_rule_takes_no_time():
    for text in (
        "p95(" + " " * 480,
        "calls" + "[" * 480,
        "a" * 490 + " over 1h",
        "calls > " + "9" * 480,
    ):
        with pytest.raises(UsageError):
            parse_rule(text)
