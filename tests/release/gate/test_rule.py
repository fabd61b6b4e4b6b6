from dataclasses import replace

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.release.gate.rule import check_names, parse_rule


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contains >= 0.5", ("mean", "contains", "", ">=", 0.5)),
        ("mean(groundedness) >= 0.6", ("mean", "groundedness", "", ">=", 0.6)),
        ("contains[refund]>=0.8", ("mean", "contains", "refund", ">=", 0.8)),
        ("contains[slice=refund] >= 0.8", ("mean", "contains", "refund", ">=", 0.8)),
        ("pii_leak == 0", ("mean", "pii_leak", "", "==", 0)),
        ("errors == 0", ("count", "errors", "", "==", 0)),
        ("p95(latency_ms) <= 3000", ("p95", "latency_ms", "", "<=", 3000)),
        ("p99.9(latency_ms[slow]) < 1e4", ("p99.9", "latency_ms", "slow", "<", 1e4)),
        ("total(cost_usd) <= 1", ("total", "cost_usd", "", "<=", 1)),
        ("contains non_inferior 0.05", ("mean", "contains", "", "non_inferior", 0.05)),
    ],
)
def test_reads_each_form(text, expected):
    rule = parse_rule(text)
    read = (rule.statistic, rule.subject, rule.tag, rule.comparison, rule.bound)
    assert read == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contains",
        "contains >= ",
        "contains >= high",
        "contains >= nan",
        "contains => 0.5",
        "contains == 1",
        "mean(contains) == 0",
        "p95(latency_ms) == 0",
        "latency_ms <= 5",
        "total(contains) >= 1",
        "p0(latency_ms) <= 1",
        "mean(errors) == 0",
        "contains[refund] non_inferior 0.05",
        "contains non_inferior -0.05",
        "contains >= 0.5; import os",
    ],
)
def test_refuses_with_the_grammar(text):
    with pytest.raises(UsageError, match="A rule is OBSERVATION COMPARISON NUMBER"):
        parse_rule(text)


def test_unknown_scorer_names_the_run_s_scorers(run_of):
    with pytest.raises(UsageError, match=r"'contians'.*Its scorers: contains\."):
        check_names(parse_rule("contians >= 0.5"), run_of())


def test_unknown_tag_names_the_tags(run_of):
    with pytest.raises(UsageError, match=r"'refunds'.*refund\."):
        check_names(parse_rule("contains[refunds] >= 0.5"), run_of())


def test_non_inferior_needs_a_baseline(run_of):
    with pytest.raises(UsageError, match="needs a baseline"):
        check_names(parse_rule("contains non_inferior 0.05"), run_of())


def test_a_drop_of_what_should_be_little_is_no_rule(run_of):
    run = run_of()
    first, *others = run.summary.scores
    leak = replace(first, scorer="pii_leak", is_proportion=False)
    leaking = replace(run, summary=replace(run.summary, scores=(leak, *others)))
    with pytest.raises(UsageError, match="less of pii_leak is better"):
        check_names(parse_rule("pii_leak non_inferior 0.1"), leaking)
