from __future__ import annotations

from itertools import count

from llmops_magics.evals.review.action import ReviewAction
from llmops_magics.evals.review.state import CaseReview, fold, reviewers

NUMBERS = count(1)


def act(action, actor="ada", **body):
    number = next(NUMBERS)
    return ReviewAction(
        id=number, run_id="r", case_id="c", repeat=0, action=action, body=body, actor=actor,
        at=f"t{number}",
    )  # fmt: skip


def state(*actions) -> CaseReview:
    return fold(actions)[("c", 0)]


def test_agreeing_says_what_the_scorer_said():
    verdict = state(act("agree", scorer="s", value=False)).verdict("s")
    assert (verdict.right, verdict.agrees) == (False, True)


def test_a_wrong_judge_is_told_what_is_right():
    verdict = state(act("wrong", scorer="s", value=0.9, right=0.2)).verdict("s")
    assert (verdict.value, verdict.right, verdict.agrees) == (0.9, 0.2, False)


def test_a_number_is_no_yes():
    assert not state(act("wrong", scorer="s", value=1.0, right=True)).verdict("s").agrees


def test_the_newest_verdict_counts_and_another_reviewers_contests_it():
    first = act("agree", scorer="s", value=True)
    assert not state(first, act("wrong", scorer="s", value=True, right=False)).verdicts[0].contested
    both = state(first, act("wrong", "bob", scorer="s", value=True, right=False))
    assert (len(both.verdicts), both.verdicts[0].by, both.verdicts[0].contested) == (1, "bob", True)


def test_what_was_undone_leaves_no_trace():
    first = act("agree", scorer="s", value=True)
    assert fold((first, act("undo", undoes=first.id))) == {}


def test_a_note_decides_nothing_and_a_skip_closes():
    assert state(act("note", text="hm")).is_open
    skipped = state(act("skip"))
    assert (skipped.is_open, skipped.is_done) == (False, False)
    assert state(act("skip"), act("agree", scorer="s", value=True)).is_skipped is False


def test_an_edit_may_expect_nothing():
    edited = state(act("expect", expected=None))
    assert (edited.is_edited, edited.expected, edited.is_done) == (True, None, True)


def test_reviewers_are_named_once():
    both = [state(act("note", text="x")), state(act("agree", "bob", scorer="s", value=True))]
    assert reviewers(both) == ("ada", "bob")
