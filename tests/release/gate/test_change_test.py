from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.errors import ScorerError, UsageError
from llmops_magics.evals.attribution.measure import Measured
from llmops_magics.evals.scorer import scorer
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import ChangeTest, Message, PromptVersion
from llmops_magics.release.gate.change_test import TestBed, run_tests, scorers_of
from llmops_magics.release.gate.rule import parse_rule

DATASET = dataset_from_rows([{"q": "?", "expected": "yes"}], "questions")


def version(*tests, number=2):
    content = PromptContent(messages=(Message(role="user", content="{{ q }}"),), tests=tests)
    return PromptVersion(
        name="p", number=number, digest=content.digest, messages=content.messages, model="",
        settings={}, description="", variables=("q",), message="", author="", created_at="",
        source="", tests=tests,
    )  # fmt: skip


def a_test(*rules, **fields):
    return ChangeTest(data="questions", rules=rules, **fields)


class Measuring:
    """Gives a run and notes what was asked for."""

    def __init__(self, run, reused=False, baseline=None):
        self.run, self.reused, self.baseline = run, reused, baseline
        self.asked = []

    def __call__(self, version, dataset, scorers, model):
        self.asked.append((version.ref, dataset.name, [s.name for s in scorers], model))
        is_baseline = self.baseline is not None and version.number == 1
        return Measured(run=self.baseline if is_baseline else self.run, reused=self.reused)


def bed(**changes):
    names = {
        "dataset": lambda _: DATASET,
        "prompt": lambda _: version(number=1),
        "model_of": lambda _, model: model or "test/model",
    }
    return TestBed(**{**names, **changes})


# Wilson at 38 of 40: [0.835, 0.986]; at 24 of 40: [0.446, 0.737].
@pytest.mark.parametrize(("passed", "verdict"), [(38, "PASS"), (33, "INCONCLUSIVE"), (24, "FAIL")])
def test_a_version_gets_the_verdict_of_its_rules(run_of, passed, verdict):
    measure = Measuring(run_of(passed))
    report = run_tests(version(a_test("contains >= 0.8", "errors == 0")), measure, bed())
    (outcome,) = report.outcomes
    assert (report.verdict, outcome.verdict) == (verdict, verdict)
    assert [rule.rule for rule in outcome.rules] == ["contains >= 0.8", "errors == 0"]
    assert (report.ref, outcome.run_id, outcome.reused) == ("p@2", "r1", False)
    assert measure.asked == [("p@2", "questions", ["contains"], "test/model")]


def test_one_test_that_fails_fails_them_all(run_of):
    tests = a_test("contains >= 0.8"), a_test("errors > 0", model="test/other")
    measure = Measuring(run_of(38), reused=True)
    report = run_tests(version(*tests), measure, bed())
    assert [outcome.verdict for outcome in report.outcomes] == ["PASS", "FAIL"]
    assert (report.verdict, report.outcomes[0].reused) == ("FAIL", True)
    assert [(scorers, model) for _, _, scorers, model in measure.asked] == [
        (["contains"], "test/model"), ([], "test/other"),
    ]  # fmt: skip


def test_missing_observations_are_never_a_pass(run_of):
    samples = run_of(38).samples
    broken = replace(samples[0], error="no answer", scores=())
    run = run_of(38, samples=(broken, *samples[1:]))
    report = run_tests(version(a_test("contains >= 0.8")), Measuring(run), bed())
    assert report.verdict == "INCONCLUSIVE"


def test_a_baseline_is_measured_and_compared_with(run_of):
    test = a_test("contains non_inferior 0.05", baseline="p@production")
    measure = Measuring(run_of(20), baseline=run_of(38))
    report = run_tests(version(test), measure, bed())
    assert [ref for ref, *_ in measure.asked] == ["p@2", "p@1"]
    assert report.verdict == "FAIL"
    assert report.outcomes[0].rules[0].observed == pytest.approx(-0.45)


def test_scorers_are_those_that_the_rules_speak_of():
    rules = [
        parse_rule(text)
        for text in (
            "contains >= 0.8", "mean(mine.part) >= 0.5", "contains[refund] >= 0.5", "missing == 0",
            "p95(latency_ms) <= 3000", "faithfulness.claims >= 0.5",
        )
    ]  # fmt: skip
    assert scorers_of(rules, {"mine": len}) == ["contains", "mine", "faithfulness"]


def test_scorers_that_are_named_win(run_of):
    @scorer
    def mine(output):
        return True

    test = a_test("contains >= 0.8", scorers=("contains", "mine"))
    measure = Measuring(run_of(38))
    run_tests(version(test), measure, bed(namespace={"mine": mine}))
    assert measure.asked[0][2] == ["contains", "mine"]


@pytest.mark.parametrize(
    ("test", "error", "said"),
    [
        (a_test("contains is good"), UsageError, "cannot be read"),
        (a_test("contains == 0.8"), UsageError, "cannot be decided"),
        (a_test("contains non_inferior 0.05"), UsageError, "needs a baseline"),
        (a_test(), UsageError, "has no rules"),
        (a_test("contians >= 0.8"), ScorerError, "no scorer 'contians'"),
    ],
)
def test_what_cannot_be_decided_is_refused_before_any_call(run_of, test, error, said):
    measure = Measuring(run_of(38))
    with pytest.raises(error, match=said):
        run_tests(version(a_test("contains >= 0.8"), test), measure, bed())
    assert measure.asked == []


def test_a_version_without_tests_has_no_report(run_of):
    with pytest.raises(UsageError, match="p@2 names no tests"):
        run_tests(version(), Measuring(run_of(38)), bed())
