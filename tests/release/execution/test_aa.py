"""How often an unchanged prompt would not pass, drawn from answers that were given."""

from dataclasses import replace

import pytest

import llmops_magics.views  # noqa: F401 -- records can be shown
from llmops_magics.errors import UsageError
from llmops_magics.evals.summary import summarise
from llmops_magics.release.execution.aa import gate_aa_live, resample
from llmops_magics.release.gate.decision import decide
from llmops_magics.release.gate.result import GateResult, RuleResult, Verdict


def result_of(run, rules):
    decision = decide(run, rules) if run else None
    return GateResult(
        gate_id="gold-1", notebook="gold.ipynb", verdict=decision and decision.verdict,
        exit_code=0 if decision else 4, problems=(), decision=decision, parameters={}, digests={},
        packages={}, git_commit="", started_at="", finished_at="", duration_s=1.0,
    )  # fmt: skip


def test_a_rule_far_from_its_bound_never_fails_an_unchanged_prompt(run_of):
    found = resample(run_of(passed=38), ["contains >= 0.6", "errors == 0"], repeats=100)
    assert (found.decisions, found.cases, found.failed.count) == (100, 40, 0)
    assert (found.failed.low, round(found.failed.high, 3)) == (0.0, 0.037)  # Wilson, 0 of 100
    assert [each.rule for each in found.rules] == ["contains >= 0.6", "errors == 0"]


def test_a_rule_at_its_bound_is_mostly_undecided(run_of):
    found = resample(run_of(passed=24), ["contains >= 0.6"], repeats=200, seed=1)  # 24 of 40: 0.6
    assert found.inconclusive.rate > 0.8
    assert found.failed.rate < 0.1
    assert found == resample(run_of(passed=24), ["contains >= 0.6"], repeats=200, seed=1)


def test_against_itself_with_one_answer_a_case_there_is_no_chance_and_it_says_so(run_of):
    found = resample(run_of(passed=20), ["contains non_inferior 0.2"], repeats=20)
    assert (found.failed.count, found.inconclusive.count) == (0, 0)
    assert "answered once" in found.notes[0]


def test_repeats_let_chance_speak(run_of):
    run = run_of(passed=40)
    flaky = tuple(
        replace(s, repeat=k, scores=(replace(s.scores[0], value=(place + k) % 2 == 0),))
        for place, s in enumerate(run.samples)
        for k in range(2)
    )
    run = replace(run, samples=flaky, summary=summarise(flaky, ["contains"], 1.0), repeats=2)
    found = resample(run, ["contains non_inferior 0.05"], repeats=30)
    assert found.inconclusive.rate > 0.5  # a coin a case: 40 cases cannot rule out 5 points
    assert found.notes == ()


def test_a_rule_on_a_tag_is_undecided_where_no_such_case_was_drawn(run_of):
    run = run_of(passed=40, cases=40)
    samples = tuple(replace(s, tags=("rare",) if s.case_id == "c0" else ()) for s in run.samples)
    found = resample(replace(run, samples=samples), ["contains[slice=rare] >= 0.1"], repeats=50)
    assert found.inconclusive.count > 40  # drawn less than five times, nothing is decided


def test_other_evidence_stands_as_it_was(run_of):
    leak = RuleResult(rule="docs: access holds", verdict=Verdict.FAIL, reason="a leak")
    found = resample(run_of(), ["contains >= 0.6"], repeats=10, others=[leak])
    assert (found.failed.count, found.rules[0].failed.count) == (10, 0)
    assert "docs: access holds" in found.notes[0]


def test_live_repeats_are_counted_and_those_that_could_not_run_apart(run_of):
    rules = ["contains >= 0.6"]
    results = [result_of(run_of(passed=n), rules) for n in (38, 38, 10)] + [result_of(None, rules)]
    found = gate_aa_live(results)
    assert (found.decisions, found.failed.count, found.undecided) == (3, 1, 1)
    assert found.gate == "gold"
    with pytest.raises(UsageError, match="No repeat"):
        gate_aa_live(results[3:])


def test_it_is_shown_with_its_intervals(run_of):
    found = resample(run_of(passed=38), ["contains >= 0.6"], repeats=100)
    bundle = found._repr_mimebundle_()
    assert "fails in 0.0% (0.0% to 3.7%) of runs" in bundle["text/plain"]
    assert "contains &gt;= 0.6" in bundle["text/html"]
