"""What a run claims of model calls, and what of it a record holds."""

from dataclasses import replace

from llmops_magics.guard.redteam.outcome import BLOCKED
from llmops_magics.models.recorded import output_digest
from llmops_magics.release.execution.claim import check_claim, claim_of


def line(case, text, **more):
    known = {"role": "target", "prompt": "support/answer@1", "trace_id": "", "error": None}
    return {"case": case, "outputs": [output_digest(text)], **known, **more}


def test_a_prompts_answers_are_claimed_by_case_and_text(run_of):
    run = run_of(cases=3, passed=3)
    found = check_claim(claim_of(run), [line("c0", "x"), line("c1", "y"), line("c9", "x")])
    assert (found["model_calls"], found["unrecorded"]) == (3, ["c1", "c2"])


def test_errors_and_what_the_guard_stopped_claim_nothing(run_of):
    run = run_of(cases=3, passed=3)
    failed, stopped, said = run.samples
    samples = (replace(failed, error="late"), replace(stopped, output=BLOCKED), said)
    assert [call["case"] for call in claim_of(replace(run, samples=samples))["calls"]] == ["c2"]


def test_a_function_claims_the_calls_counted_in_its_trace(run_of):
    run = run_of(cases=2, passed=2, prompt="python:answer", model="")
    one, other = run.samples
    samples = (replace(one, trace_id="t1"), replace(other, trace_id="t2"))
    claim = claim_of(replace(run, samples=samples))
    found = check_claim(claim, [line("", "anything", trace_id="t1")])
    assert (found["model_calls"], found["unrecorded"]) == (2, ["c1"])


def test_a_call_counts_for_its_own_version_and_no_judges_do(run_of):
    claim = claim_of(run_of(cases=1, passed=1))

    def missing(**more):
        return check_claim(claim, [line("c0", "x", **more)])["unrecorded_count"]

    assert missing() == missing(prompt="") == 0
    assert missing(prompt="support/answer@2") == missing(role="judge") == 1
