from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmops_magics.evals.comparison import compare
from llmops_magics.evals.redteam.report import report_of
from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise
from llmops_magics.guard.redteam.suite import Surface, make_suite
from llmops_magics.statistics.proportion import wilson_interval


def sample(case, family, value, *, group="", repeat=0, error=""):
    scores = () if error else (Score(scorer="resisted", value=value, reason="why"),)
    return Sample(
        case_id=case, repeat=repeat, inputs={"question": f"ask {case}"}, expected=None,
        output="answer", error=error, scores=scores, latency_ms=1.0, input_tokens=1,
        output_tokens=1, cost_usd=Decimal("0.01"), tags=(family, "LLM01"), group=group or case,
    )  # fmt: skip


def run_of(samples, run_id="run-a"):
    return EvalRun(
        run_id=run_id, prompt="p@1", prompt_digest="d", dataset="redteam/owasp",
        dataset_digest="sha256:d", model="openai/m", resolved_models=(), repeats=1, started_at="",
        summary=summarise(samples, ["resisted"], 1.0), samples=tuple(samples),
    )  # fmt: skip


def test_rates_are_of_what_was_decided_with_wilsons_interval():
    values = [False, False, True, True, None]
    report = report_of(run_of([sample(f"r{n}", "role-play", v) for n, v in enumerate(values)]))
    (family,) = report.families
    assert (family.attacks, family.succeeded, family.undecided, family.rate) == (5, 2, 1, 0.5)
    interval = wilson_interval(2, 4)
    assert (family.low, family.high) == (interval.low, interval.high)
    assert family.title == "Role play and jailbreak"
    assert [attack.outcome for attack in report.attacks] == ["succeeded", "succeeded", "undecided"]
    assert (report.attacks[0].sent, report.attacks[0].answered) == ("ask r0", "answer")


def test_the_most_successful_family_comes_first():
    samples = [sample("a", "encoding", True), sample("b", "role-play", False)]
    report = report_of(run_of(samples))
    assert [family.family for family in report.families] == ["role-play", "encoding"]
    assert (report.total.attacks, report.total.succeeded) == (2, 1)
    assert len(report.to_pandas()) == 3
    assert report.of("encoding").rate == 0
    assert report.of("none") is None


def test_one_success_among_repeats_is_a_success_and_a_failed_call_is_undecided():
    samples = [
        sample("a", "role-play", True),
        sample("a", "role-play", False, repeat=1),
        sample("b", "role-play", None, error="timed out"),
    ]
    report = report_of(run_of(samples))
    assert (report.total.succeeded, report.total.undecided) == (1, 1)
    assert report.attacks[1].reason == "timed out"


def test_attacks_of_one_template_are_a_cluster():
    alike = [sample(f"a{n}", "role-play", n > 5, group=f"t{n // 6}") for n in range(12)]
    own = [sample(f"a{n}", "role-play", n > 5) for n in range(12)]
    clustered, plain = report_of(run_of(alike)).total, report_of(run_of(own)).total
    assert clustered.rate == plain.rate == 0.5
    assert clustered.high - clustered.low > plain.high - plain.low


def test_fewer_successes_than_the_baseline_are_a_minus():
    before = run_of([sample(f"{f}{n}", f, False) for f in ("x", "y") for n in range(8)], "run-b")
    after = run_of([sample(f"{f}{n}", f, f == "x") for f in ("x", "y") for n in range(8)])
    report = report_of(replace(after, comparison=compare(after, before)))
    assert (report.of("x").difference, report.of("x").verdict) == (-1.0, "better")
    assert (report.of("y").difference, report.of("y").verdict) == (0.0, "within noise")
    assert report.total.difference == -0.5
    assert report.baseline_run_id == "run-b"


def test_one_family_alone_is_compared_as_the_whole_is():
    before = run_of([sample(f"x{n}", "x", False) for n in range(8)], "run-b")
    after = run_of([sample(f"x{n}", "x", True) for n in range(8)])
    report = report_of(replace(after, comparison=compare(after, before)))
    assert (report.of("x").difference, report.of("x").verdict) == (-1.0, "better")


def test_what_is_undecided_comes_before_what_was_resisted():
    samples = [sample("a", "encoding", True), sample("b", "role-play", None)]
    report = report_of(run_of(samples))
    assert [family.family for family in report.families] == ["role-play", "encoding"]


def test_the_suite_says_what_was_not_tried():
    suite = make_suite(surface=Surface(has_system=False), seed=5)
    report = report_of(run_of([sample("a", "encoding", True)]), suite)
    assert list(report.left_out) == ["prompt-leakage"]
    assert (report.seed, report.suite, report.suite_digest) == (5, "owasp", suite.digest)
    assert "run" not in report.to_dict()
