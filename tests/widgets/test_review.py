"""The live review, asked as its browser part asks."""

from __future__ import annotations

import json

import pytest
from reviewed import samples_of, store_run

from llmops_magics.evals.review.session import open_review
from llmops_magics.widgets.review import ReviewWidget, read_expected, read_verdict


class Made:
    name, number = "fees-reviewed", 3


@pytest.fixture
def widget(store):
    run = store_run(store, samples_of(15))
    session = open_review(store, run, add=lambda *_, **__: Made(), actor=lambda: "ada")
    return ReviewWidget(session)


def ask(widget, kind, **more):
    reply, _ = widget.answer({"kind": kind, "count": 100, **more})
    json.dumps(reply)
    return reply


def act(widget, action, index=0, **more):
    return ask(widget, "act", action=action, index=index, **more)


def test_it_opens_at_the_first_open_sample(widget, store):
    assert ask(widget, "open")["at"] == 0
    act(widget, "agree", 0, scorer="exact_match")
    act(widget, "skip", 1)
    opened = ask(widget, "open")
    assert (opened["at"], opened["total"], opened["done"], opened["skipped"]) == (2, 5, 1, 1)


def test_a_decision_goes_on_to_the_next_open_sample(widget):
    reply = act(widget, "agree", 0, scorer="exact_match")
    assert (reply["goto"], reply["row"]["state"], reply["said"]) == (
        1,
        "✓ agreed",
        "Agreed with exact_match.",
    )
    assert (
        act(widget, "wrong", 1, scorer="exact_match", right="yes")["row"]["state"]
        == "✗ judge wrong"
    )


def test_a_note_an_edit_and_an_addition_stay(widget):
    assert act(widget, "note", 2, text="hm")["goto"] == 2
    assert act(widget, "expect", 2, expected="free")["row"]["state"] == "✎ edited"
    assert act(widget, "add", 2, dataset="")["said"] == "Added to fees-reviewed@3."
    shown = ask(widget, "case", index=2)
    assert shown["expected"] == "free"
    assert "expected, as edited" in shown["html"]
    assert "note by ada" in shown["html"]


def test_undo_goes_to_what_it_took_back(widget):
    act(widget, "add", 3)
    reply = ask(widget, "undo", index=0)
    assert (reply["goto"], reply["said"]) == (
        3,
        "Undone: add of case-00010; fees-reviewed@3 stays.",
    )
    assert ask(widget, "undo", index=0)["said"] == "There is nothing of yours to undo."


def test_rows_come_in_windows_with_the_question_first(widget):
    reply = ask(widget, "rows", start=3)
    assert (reply["total"], len(reply["rows"])) == (5, 2)
    assert reply["rows"][0]["input"] == "What is the fee of plan 10?"


def test_an_error_is_an_answer(widget):
    assert "needs a text" in act(widget, "note", text=" ")["error"]
    assert "no such action" in act(widget, "delete")["error"]
    assert "says yes or no" in act(widget, "wrong", scorer="exact_match", right="3")["error"]


def test_next_finds_an_open_one(widget):
    assert ask(widget, "next", index=4)["goto"] in (0, 4)
    for index in range(5):
        act(widget, "skip", index)
    assert ask(widget, "next", index=0)["said"] == "Nothing is open."


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [("yes", True, True), ("no", None, False), ("0.5", 0.9, 0.5), ("warm", "cold", "warm"),
     ("yes", "no", "yes"), ("", True, None), ("maybe", True, "maybe")],
)  # fmt: skip
def test_a_typed_verdict_is_of_the_scores_kind(text, value, right):
    assert read_verdict(text, value) == right


def test_a_typed_expectation_stays_text_where_it_was_one():
    assert read_expected("12", "11") == "12"
    assert read_expected('["a"]', ["b"]) == ["a"]
    assert read_expected("plain", None) == "plain"
