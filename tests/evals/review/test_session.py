from __future__ import annotations

import pytest
from reviewed import RUN_ID, make_sample, rows, samples_of, store_run

from llmops_magics.datasets.addition import add_rows
from llmops_magics.datasets.dataset import dataset_from_cases
from llmops_magics.datasets.registry import Commit, DatasetRegistry
from llmops_magics.errors import DatasetError, UsageError
from llmops_magics.evals.review.selection import Scope
from llmops_magics.evals.review.session import open_review
from llmops_magics.evals.run import Score


@pytest.fixture
def open_session(store):
    """``open_session(...)`` opens the review of fifteen samples, five of them failing."""
    run = store_run(store, samples_of(15))
    registry = DatasetRegistry(store, actor=lambda: "ada")

    def add(name, source, *, replace=False, message=""):
        newest = registry.newest(name)
        there = registry.load(newest).cases if newest else ()
        grown = add_rows(there, source, name, replace=replace)
        made = dataset_from_cases(grown.cases, name)
        return registry.register(made, Commit(message=message, is_explicit=True))

    def start(which="failing", actor="ada", **options):
        scope = Scope(which=which)
        return open_review(store, run, scope, add=add, actor=lambda: actor, **options)

    start.registry = registry
    return start


def test_every_action_is_there_for_the_next_session(open_session):
    session = open_session()
    session.agree(session.sample(0), "exact_match")
    session.wrong(session.sample(1), "faithfulness")
    session.skip(session.sample(2))
    again = open_session()
    assert again.first_open() == 3
    assert again.reviews == session.reviews
    assert [r.is_done for r in map(again.review_at, range(5))] == [True, True, False, False, False]


def test_what_another_reviewer_does_is_taken_in(open_session):
    mine, theirs = open_session(), open_session(actor="bob")
    theirs.skip(theirs.sample(0))
    mine.refresh()
    assert mine.first_open() == 1


def test_the_next_open_one_comes_round_again(open_session):
    session = open_session()
    session.skip(session.sample(4))
    assert session.first_open(4) == 0
    for index in range(4):
        session.skip(session.sample(index))
    assert session.first_open() is None


def test_wrong_turns_an_assertion_round_and_asks_for_any_other(open_session):
    session = open_session()
    sample = session.sample(0)
    assert session.wrong(sample, "exact_match").body["right"] is True
    with pytest.raises(UsageError, match="yes or no"):
        session.wrong(sample, "exact_match", right="maybe")
    with pytest.raises(UsageError, match="Agree with it"):
        session.wrong(sample, "exact_match", right=False)
    with pytest.raises(UsageError, match="no score of"):
        session.agree(sample, "none")


def test_nobody_agrees_with_a_missing_score(store):
    from llmops_magics.datasets.dataset import dataset_from_rows

    case = dataset_from_rows(rows(1), "fees").cases[0]
    broken = make_sample(case, scores=(Score(scorer="exact_match", value=None, reason="down"),))
    session = open_review(store, store_run(store, [broken]), add=None)
    with pytest.raises(UsageError, match="nothing to agree"):
        session.agree(session.sample(0))
    assert session.wrong(session.sample(0), right=True).body["right"] is True


def test_the_edited_expectation_is_what_is_added(open_session):
    session = open_session()
    sample = session.sample(0)
    session.expect(sample, "nothing at all")
    action = session.add(sample, "fixed")
    assert action.body == {"dataset": "fixed@1"}
    (case,) = open_session.registry.get("fixed").cases
    assert (case.id, case.expected) == (sample.case_id, "nothing at all")
    session.expect(sample, "free")  # the same question again takes its place
    assert session.add(sample, "fixed").body == {"dataset": "fixed@2"}
    assert [c.expected for c in open_session.registry.get("fixed").cases] == ["free"]


def test_another_question_of_the_same_id_is_not_replaced(open_session):
    session = open_session()
    row = {"id": session.sample(0).case_id, "question": "quite another"}
    session._add("fixed", [row])
    with pytest.raises(DatasetError, match="other content"):
        session.add(session.sample(0), "fixed")
    assert session.review_at(0).added == ()


def test_a_mask_never_comes_into_a_dataset(open_session):
    session = open_session()
    session.expect(session.sample(0), "write to ada.lovelace@example.com")
    again = open_session()
    with pytest.raises(UsageError, match="masked"):
        again.add(again.sample(0), "fixed")
    session.add(session.sample(0), "fixed")  # where it was typed it is known
    (case,) = open_session.registry.get("fixed").cases
    assert case.expected == "write to ada.lovelace@example.com"


def test_undo_goes_back_one_step(open_session):
    session = open_session()
    session.expect(session.sample(0), "a")
    session.expect(session.sample(0), "b")
    assert session.undo().action == "expect"
    assert session.review_at(0).expected == "a"


def test_the_report_counts(open_session):
    session = open_session()
    session.agree(session.sample(0), "exact_match")
    session.wrong(session.sample(1), "exact_match")
    session.skip(session.sample(2))
    session.note(session.sample(3), "hm")
    report = session.report()
    assert (report.selected, report.done, report.skipped, report.open) == (5, 2, 1, 2)
    (agreement,) = report.agreements
    assert (agreement.scorer, agreement.n, agreement.agreed) == ("exact_match", 2, 1)
    assert 0 < agreement.low < 0.5 < agreement.high < 1
    assert (report.noted, report.reviewers, len(report.cases)) == (1, ("ada",), 4)
    assert "session" not in report.to_dict()
    assert list(report.to_pandas()["agrees"]) == [True, False]


def test_a_run_is_opened_by_its_id(store, open_session):
    assert len(open_review(store, RUN_ID, add=None)) == 5
