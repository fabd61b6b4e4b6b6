from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from llmops_magics.evals.calibration.agreement import agreement
from llmops_magics.evals.calibration.licence import (
    decide,
    licence_of,
    licences_of,
    why_unlicensed,
)
from llmops_magics.evals.calibration.predictor import constant
from llmops_magics.evals.calibration.record import Requirements
from llmops_magics.storage.table import judge_licence


def decision(yes_yes, yes_no, no_yes, no_no, labels=None, **wanted):
    pairs = [("yes", "yes")] * yes_yes + [("yes", "no")] * yes_no
    pairs += [("no", "yes")] * no_yes + [("no", "no")] * no_no
    predictors = [constant([human for human, _ in pairs])] if pairs else []
    labels = len(pairs) if labels is None else labels
    requirements = Requirements(**wanted)
    return decide(pairs, agreement(pairs), predictors, labels=labels, requirements=requirements)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((45, 5, 5, 45), ""),
        ((20, 0, 0, 20), "40 labels were judged, 50 are required."),
        ((60, 2, 1, 8), "There are 9 no labels, 10 of each are required."),
        ((60, 0, 0, 0), "All judged labels say the same"),
        ((40, 0, 20, 0), "The judge always says yes."),
        ((35, 15, 15, 35), "Cohen's kappa is 0.40 [0.21, 0.56]"),
        ((26, 24, 24, 26), "not all above that of the constant predictor, 0.50"),
        ((0, 0, 0, 0), "0 labels were judged"),
    ],
)
def test_what_a_licence_takes(counts, said):
    found = decision(*counts)
    assert found.granted == (not said)
    assert said in " ".join(found.reasons)


def test_labels_that_were_not_judged_count_against_it():
    assert decision(45, 5, 5, 45, labels=105).granted
    assert "9.1% of the labels were not judged" in decision(45, 5, 5, 45, labels=110).reasons[0]


def test_requirements_may_be_other_ones_and_it_shows():
    assert decision(20, 0, 0, 20, min_labels=30).granted
    assert not decision(45, 5, 5, 45, min_kappa=0.8).granted
    assert Requirements(min_labels=30).is_weaker_than(Requirements())
    assert not Requirements(min_kappa=0.8).is_weaker_than(Requirements())


def test_any_change_ends_a_licence_and_is_named(bench):
    made = bench()
    found = made.calibrate()
    store, who = made.workspace.store, found.identity
    assert why_unlicensed(store, "faithfulness", who) == ""
    for part, words in (
        ("prompt_digest", "its prompt"), ("model", "its model"), ("scorer", "the scorer"),
    ):  # fmt: skip
        other = {**who, part: "else", "digest": "sha256:else"}
        assert licence_of(store, other) is None
        said = why_unlicensed(store, "faithfulness", other)
        assert said == f"The licence 1 of the judge faithfulness has lapsed: {words} changed since."
    assert why_unlicensed(store, "safety", other) == "The judge safety has no licence."
    assert "does not say who judged" in why_unlicensed(store, "faithfulness", {})


def test_a_model_that_is_another_under_the_same_name(bench):
    made = bench()
    who = made.calibrate().identity
    store = made.workspace.store
    assert why_unlicensed(store, "faithfulness", {**who, "resolved": "judge"}) == ""
    said = why_unlicensed(store, "faithfulness", {**who, "resolved": "judge-2"})
    assert "was judge then and is judge-2 now" in said


def test_the_newest_licence_counts(bench, say, cases_of):
    made = bench()
    who = made.calibrate().identity
    worse = [{**row, "label": "supported"} for row in cases_of()]
    made.calibrate(worse)
    assert [each.granted for each in licences_of(made.workspace.store, "faithfulness")] == [
        False, True,
    ]  # fmt: skip
    said = why_unlicensed(made.workspace.store, "faithfulness", who)
    assert said.startswith("The judge faithfulness was refused its licence: All judged labels")


def test_too_few_labels_to_tell_take_back_no_grant(bench, cases_of):
    made = bench()
    who = made.calibrate().identity
    made.calibrate(cases_of()[:3])
    store = made.workspace.store
    assert [each.granted for each in licences_of(store, "faithfulness")] == [False, True]
    assert why_unlicensed(store, "faithfulness", who) == ""


@pytest.mark.parametrize("change", [delete(judge_licence), update(judge_licence).values(actor="x")])
def test_a_licence_is_never_changed(bench, cases_of, change):
    made = bench()
    made.calibrate(cases_of(4))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        made.workspace.store.write() as connection,
    ):
        connection.execute(change)
