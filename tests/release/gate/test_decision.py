import pytest

from llmops_magics.errors import UsageError
from llmops_magics.release.gate.decision import decide


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        (["contains >= 0.8", "errors == 0"], "PASS"),
        (["contains >= 0.9", "errors == 0"], "INCONCLUSIVE"),
        (["contains >= 0.9", "contains <= 0.5"], "FAIL"),
    ],
)
def test_worst_rule_decides(run_of, rules, verdict):
    decision = decide(run_of(), rules, index_fingerprint="i1")
    assert decision.verdict == verdict
    assert [rule.rule for rule in decision.rules] == rules
    assert decision.failing_cases == ("c38", "c39")
    assert decision.index_fingerprint == "i1"


@pytest.mark.parametrize("rules", [[], "contains >= 0.5"])
def test_no_list_of_rules_is_refused(run_of, rules):
    with pytest.raises(UsageError, match="needs a list of rules"):
        decide(run_of(), rules)


def test_the_mode_reaches_every_rule_and_the_record(run_of):
    decision = decide(run_of(), ["contains >= 0.9"], mode="strict")
    assert (decision.verdict, decision.mode, decision.rules[0].mode) == ("FAIL", "strict", "strict")
    with pytest.raises(UsageError, match="no mode 'lenient'"):
        decide(run_of(), ["contains >= 0.9"], mode="lenient")
