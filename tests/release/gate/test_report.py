from dataclasses import replace
from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest

from llmops_magics.release.gate.report import to_junit, to_markdown
from llmops_magics.release.gate.result import GateDecision, GateResult, RuleResult, Verdict

RULES = tuple(
    RuleResult(rule=f"{verdict} >= 1", verdict=verdict, reason=f"<b>| {verdict}\x00")
    for verdict in Verdict
)
DECISION = GateDecision(
    verdict=Verdict.FAIL, rules=RULES, run_id="r", prompt="a`@1", prompt_digest="", dataset="d",
    dataset_digest="", model="m", resolved_models=(), failing_cases=("[x](http://evil)",),
    cost_usd=Decimal("0.1"), unpriced_samples=2,
)  # fmt: skip


@pytest.fixture
def result():
    return GateResult(
        gate_id="g", notebook="gold.ipynb", verdict=Verdict.FAIL, exit_code=1, problems=(),
        decision=DECISION, parameters={"a": "b|c"}, digests={"source": "sha256:1"}, packages={},
        git_commit="", started_at="t0", finished_at="t1", duration_s=1.5,
    )  # fmt: skip


def test_junit_has_a_test_case_a_rule(result):
    suite = fromstring(to_junit(result)).find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert suite.find("testcase/failure").get("message") == "<b>| FAIL\ufffd"


def test_junit_of_a_gate_that_could_not_run(result):
    broken = replace(result, verdict=None, exit_code=4, decision=None, problems=("it died",))
    suite = fromstring(to_junit(broken)).find("testsuite")
    assert suite.find("testcase/error").get("message") == "it died"


def test_markdown_escapes_what_is_untrusted(result):
    summary = to_markdown(result)
    assert summary.startswith("# gold.ipynb: FAIL\n")
    assert "\\<b\\>\\| FAIL" in summary
    assert "\\[x\\]\\(http\\://evil\\)" in summary
    assert "b\\|c" in summary
    assert "`a'@1`" in summary
