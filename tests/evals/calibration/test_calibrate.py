"""A judge held against labels, with a real endpoint and a real store."""

from __future__ import annotations

import json
from itertools import count

import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import PromptReferenceError, ScorerError, UsageError
from llmops_magics.evals.calibration.licence import licence_of
from llmops_magics.evals.scorers.judged import packaged_prompt
from llmops_magics.release.gate.decision import decide
from llmops_magics.release.gate.licensed import in_store
from llmops_magics.testing import Reply
from llmops_magics.workbench.calibration import CalibrationRequest, Calibrations
from llmops_magics.workspace import Workspace


def test_a_judge_that_agrees_earns_its_licence(bench):
    made = bench()
    found = made.calibrate()
    assert found.decision.granted, found.decision.reasons
    assert (found.judged, found.labels, found.missing, found.licence) == (60, 60, 0, 1)
    assert found.agreement.accuracy.value == found.agreement.kappa.value == 1.0
    assert found.agreement.kappa.low > 0.8
    assert [p.name for p in found.predictors] == ["constant", "word overlap"]
    assert found.predictors[1].agreement.balanced_accuracy.value == 0.5  # all words are there
    assert (found.dataset, found.label, found.classes) == ("dataset@1", "label", ("yes", "no"))
    assert found.identity["prompt"] == "judge/faithfulness@1"
    assert found.resolved_models == ("judge",)
    assert len(made.server.requests) == 60


def test_the_label_is_no_part_of_the_question(bench, cases_of):
    made = bench()
    made.calibrate(cases_of(label="unsupported", hint="see above")[:2])
    shown = made.server.requests[0]["messages"][-1]["content"]
    assert "question: Question 0?" in shown
    assert "hint: see above" in shown
    assert "unsupported" not in shown
    assert shown.count("Shipping take free days.") == 1  # the answer, in its own fence alone


def test_it_is_kept_with_an_audit_event_and_found_by_who_judged(bench):
    made = bench()
    found = made.calibrate()
    store = made.workspace.store
    licence = licence_of(store, found.identity)
    assert (licence.number, licence.granted, licence.dataset_digest) == (
        1, True, found.dataset_digest,
    )  # fmt: skip
    with store.read() as connection:
        (event,) = (e for e in trail.events(connection) if e.action == "judge.calibrate")
    assert event.resource == "judge/faithfulness"
    assert event.body["identity"] == found.identity
    assert made.workspace.verify_audit().problems == ()


def test_a_judge_that_always_says_yes_is_refused(bench, say):
    found = bench(say(True)).calibrate()
    assert not found.decision.granted
    assert "The judge always says yes." in found.decision.reasons
    assert found.agreement.balanced_accuracy.value == 0.5
    assert [cell.n for cell in found.confusion] == [30, 0, 30, 0]
    assert len(found.disagreements) == 30
    assert found.disagreements[0].case_id == "c00"


def test_a_judge_that_talks_nonsense_is_missing_and_refused(bench, say):
    def answer(request):
        right = say.right(request)
        return Reply("I think so!" if "Question 7?" in str(request) else say(right))

    made = bench(answer)
    found = made.calibrate(required={"max_missing": 0.01})
    assert (found.judged, found.missing) == (59, 1)
    ((reason, n),) = found.missing_reasons.items()
    assert (n, "no usable verdict" in reason) == (1, True)
    assert found.decision.reasons == ("1.7% of the labels were not judged, 1.0% may be.",)
    assert len(made.server.requests) == 61


def test_a_judge_that_is_not_there_judges_nothing(bench):
    found = bench(Reply.error(500)).calibrate()
    assert (found.judged, found.missing) == (0, 60)
    assert found.agreement.kappa.value is None
    assert not found.decision.granted


def test_repeats_show_whether_it_changes_its_mind(bench, say, cases_of):
    calls = count()

    def answer(request):
        doubtful = "Question 4?" in str(request)
        return Reply(say(next(calls) % 2 == 0 if doubtful else say.right(request)))

    made = bench(answer)
    found = made.calibrate(cases_of(10), repeats=3, concurrency=1)
    assert len(made.server.requests) == 30
    assert found.judged == 10  # repeats are no cases
    consistency = found.consistency
    assert (consistency.repeats, consistency.flipped.value) == (3, 0.1)
    assert consistency.agreement == pytest.approx(0.9 + 0.1 / 3)


def test_the_same_calibration_again_costs_nothing(bench):
    made = bench()
    assert made.calibrate(repeats=2).agreement == made.calibrate(repeats=2).agreement
    assert len(made.server.requests) == 120


def test_a_local_scorer_needs_no_model(bench, cases_of):
    made = bench()
    found = made.calibrate(cases_of(), judge="groundedness", threshold=1)
    assert (found.identity["model"], found.identity["prompt"]) == ("", "")
    assert (found.threshold, found.judged, made.server.requests) == (1.0, 60, [])


def test_a_pairwise_judge_and_the_order_of_answers(bench):
    def answer(request):
        text = request["messages"][-1]["content"]
        first = text.partition("<first")[2].partition("</first")[0]
        sure = "better" in text
        better = "first" if not sure or "better" in first else "second"
        return Reply(json.dumps({"reason": "r", "better": better}))

    rows = [
        {"id": f"c{i}", "q": f"Q{i}", "output": out, "baseline_output": base, "label": label}
        for i, (out, base, label) in enumerate(
            [("better", "b", "win")] * 5 + [("x", "better", "loss")] * 4 + [("x", "y", "tie")]
        )
    ]
    found = bench(answer).calibrate(rows, judge="pairwise")
    assert found.classes == ("better", "tie", "worse")
    assert found.agreement.accuracy.value == 1.0
    assert [p.name for p in found.predictors] == ["constant", "longer answer"]
    assert (found.position.decided.value, found.position.for_first) == (0.1, 1)


def test_cases_of_one_group_count_as_alike(bench, cases_of):
    rows = [{**row, "group": f"g{i // 4}"} for i, row in enumerate(cases_of())]
    found = bench().calibrate(rows)
    assert "cluster-robust" in found.agreement.accuracy.method


def test_unlabelled_cases_are_left_out(bench, cases_of):
    made = bench()
    rows = [*cases_of(4), *cases_of(3, label=None)]
    found = made.calibrate([{**row, "id": str(i)} for i, row in enumerate(rows)])
    assert (found.labels, found.unlabelled, len(made.server.requests)) == (4, 3, 4)


@pytest.mark.parametrize(
    ("change", "options", "refused"),
    [
        ({"answer": None}, {}, (UsageError, "'c00' has no answer to judge")),
        ({}, {"judge": "pairwise", "label": "question"}, (UsageError, "is no preference")),
        ({}, {"label": "verdict"}, (UsageError, "No case has a label in 'verdict'")),
        ({"label": "odd"}, {}, (UsageError, "--positive WORD")),
        ({}, {"judge": "nobody"}, (ScorerError, "no scorer 'nobody'")),
        ({}, {"judge": "rubric(prompt=judge/none)"}, (PromptReferenceError, "judge/none")),
        ({}, {"repeats": 0}, (UsageError, "repeats")),
    ],
)
def test_what_cannot_be_used_is_refused(bench, cases_of, change, options, refused):
    made = bench()
    with pytest.raises(refused[0], match=refused[1]):
        made.calibrate(cases_of(6, **change), **options)
    assert len(made.server.requests) <= 1  # the first verdict shows that labels do not fit


def test_progress_goes_to_the_end(bench, cases_of):
    seen = []
    bench().calibrate(cases_of(5), on_progress=lambda *state: seen.append(state))
    assert seen[-1] == ("calibrate faithfulness", 5, 5)


def test_the_record_as_a_table(bench, cases_of):
    frame = bench().calibrate(cases_of(20)).to_pandas()
    assert list(frame["of"].unique()) == ["judge", "constant", "word overlap"]
    assert frame.set_index(["of", "measure"]).loc[("judge", "kappa"), "value"] == 1.0


def test_the_run_of_a_gate_and_the_licence_name_the_same_judge(bench, cases_of):
    """What an eval records of its judge is what a calibration is the licence for."""
    made = bench()
    made.workspace.prompts.register("p", "{{ question }} {{ context }}")
    rows = [{**row, "id": f"e{i}"} for i, row in enumerate(cases_of(6))]

    def answer(case):
        return "Refunds take five days."

    run = made.workspace.evaluate(answer, rows, ["faithfulness"])
    find = in_store(made.workspace.store)
    rules = ["faithfulness >= 0.1"]
    before = decide(run, rules, require_calibrated=True, find_licence=find)
    assert before.verdict == "INCONCLUSIVE"
    assert made.calibrate().identity.items() <= run.judges["faithfulness"].items()
    after = decide(run, rules, require_calibrated=True, find_licence=find)
    assert after.verdict == "PASS"
    assert after.licences["faithfulness"].startswith("licence 1 of ")


@pytest.mark.slow
def test_the_embedded_model_judges_and_earns_nothing(folder, embedded_models, cases_of):
    workspace = Workspace(folder)
    calibrations = Calibrations(
        store=workspace.store,
        prompts=workspace.prompts.registry,
        datasets=workspace.datasets.registry,
        client=workspace.client,
        settings=workspace.settings,
    )
    source = packaged_prompt("judge/faithfulness")
    workspace.prompts.register("judge/faithfulness", source, settings={"max_tokens": 40})
    request = CalibrationRequest(
        judge="faithfulness", labels=cases_of(1), model="local/smollm2-135m"
    )
    found = calibrations.calibrate(request)
    workspace.close()
    assert found.judged + found.missing == 1
    assert not found.decision.granted
