"""Rules on judges with and without a licence."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from llmops_magics.errors import UsageError
from llmops_magics.evals.calibration.identity import identity_of
from llmops_magics.evals.calibration.record import Requirements
from llmops_magics.record import to_jsonable
from llmops_magics.release.execution.ballot import read_decision
from llmops_magics.release.gate.decision import decide
from llmops_magics.release.gate.licensed import in_store
from llmops_magics.storage.table import dataset_content, judge_licence

RULES = ["contains >= 0.8", "errors == 0"]
WHO = identity_of("sha256:s", prompt="judge/x@1", prompt_digest="sha256:p", model="openai/judge")
OLD = identity_of("sha256:s", prompt="judge/x@1", prompt_digest="sha256:p", model="openai/old")
LOCAL = identity_of("sha256:s")


@pytest.fixture
def judged(run_of):
    """A run whose ``contains`` is a judge's."""
    return run_of(judges={"contains": WHO}, scorer_digests={"contains": "sha256:s"})


@pytest.fixture
def give(store):
    """``give(identity, granted)`` writes a licence for ``contains``."""
    with store.write() as connection:
        row = {"digest": "d", "name": "n", "case_count": 1, "artifact": "a", "created_at": "t"}
        connection.execute(insert(dataset_content).values(row))

    def write(identity, *, granted=True, **required):
        wanted = to_jsonable(Requirements(**required))
        reasons = [] if granted else ["It is bad."]
        body = {
            "decision": {"granted": granted, "reasons": reasons, "requirements": wanted},
            "identity": identity,
            "resolved_models": [],
            "dataset": "labels@1",
            "judged": 60,
            "agreement": {"kappa": {"value": 0.8}},
        }
        row = {"judge": "contains", "digest": identity["digest"], "dataset_digest": "d"}
        row |= {"body": body, "actor": "ada", "issued_at": "2026-11-23"}
        with store.write() as connection:
            connection.execute(insert(judge_licence).values(row))

    return write


def decided(store, run, required=True, **options):
    return decide(run, RULES, require_calibrated=required, find_licence=in_store(store), **options)


def test_without_a_licence_a_judges_rule_decides_nothing(store, judged):
    decision = decided(store, judged)
    assert decision.verdict == "INCONCLUSIVE"
    rule, count = decision.rules
    assert (rule.verdict, count.verdict) == ("INCONCLUSIVE", "PASS")
    assert "The judge contains has no licence." in rule.reason
    assert "%llm_calibrate contains --labels DATASET --model openai/judge," in rule.reason
    assert "Seen by it: 0.95" in rule.reason
    assert rule.observed == 0.95
    assert "has no licence" in decision.licences["contains"]


def test_a_failing_rule_of_such_a_judge_does_not_fail_either(store, judged):
    find = in_store(store)
    decision = decide(judged, ["contains <= 0.5"], require_calibrated=True, find_licence=find)
    assert decision.verdict == "INCONCLUSIVE"


def test_with_its_licence_it_decides_as_ever(store, judged, give):
    give(WHO)
    decision = decided(store, judged)
    assert decision.verdict == "PASS"
    assert decision.licences == {"contains": "licence 1 of 2026-11-23"}
    assert decision.rules == decide(judged, RULES).rules
    assert read_decision(to_jsonable(decision)) == decision


def test_a_licence_that_is_refused_lapsed_or_easily_had_says_so(store, judged, give):
    give(OLD)
    assert "has lapsed: its model changed since" in decided(store, judged).rules[0].reason
    give(WHO, granted=False)
    assert "was refused its licence: It is bad." in decided(store, judged).rules[0].reason
    give(WHO, min_kappa=0.1)
    assert "on easier terms" in decided(store, judged).licences["contains"]


@pytest.mark.parametrize(("mode", "verdict"), [("strict", "FAIL"), ("point", "INCONCLUSIVE")])
def test_no_mode_lets_it_pass(store, judged, mode, verdict):
    decision = decided(store, judged, mode=mode)
    assert (decision.verdict, decision.rules[0].verdict) == (verdict, verdict)


def test_what_is_not_asked_for_is_not_looked_at(judged, run_of):
    assert decide(judged, RULES).verdict == "PASS"
    assert decide(judged, RULES).licences == {}
    unjudged = run_of(scorer_digests={"contains": "sha256:s"})
    assert decide(unjudged, RULES, require_calibrated=True).verdict == "PASS"


def test_a_local_scorer_may_be_named(store, run_of, give):
    run = run_of(scorer_digests={"contains": "sha256:s"})
    assert decided(store, run, ["contains"]).verdict == "INCONCLUSIVE"
    give(LOCAL)
    assert decided(store, run, ["contains"]).verdict == "PASS"


def test_no_store_and_no_such_scorer(judged):
    assert "knows no store" in decide(judged, RULES, require_calibrated=True).rules[0].reason
    with pytest.raises(UsageError, match="names safety, which did not score"):
        decide(judged, RULES, require_calibrated=["safety"])
    with pytest.raises(UsageError, match="is a text"):
        decide(judged, RULES, require_calibrated="contains")


def test_a_run_that_does_not_say_who_judged(store, run_of):
    run = run_of(judges={"contains": {}}, scorer_digests={"contains": "s"})
    assert "does not say who judged" in decided(store, run).rules[0].reason
