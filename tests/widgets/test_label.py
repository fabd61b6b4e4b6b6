"""The live labelling, asked as its browser part asks."""

from __future__ import annotations

import json

import pytest

from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.evals.retrieval.labelling.pool import make_pool
from llmops_magics.evals.retrieval.labelling.session import LabelSession
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.passage import Passage
from llmops_magics.widgets.label import LabelWidget

TEXT = "<script>document.title='owned'</script>\u202e A passage."


def open_session(store, actor="ada", queries=2):
    asked = [Query(id=f"q{n}", text=f"Question {n}?") for n in range(queries)]
    found = [
        [
            Passage(
                document_id=f"d{q}-{n}", title="Title", text=TEXT, end=len(TEXT), score=0.9, rank=1
            )
            for n in range(3)
        ]
        for q in range(queries)
    ]
    log = LabelLog(store, "docs", actor=lambda: actor)
    return LabelSession(log, make_pool(asked, {"dense": found}, 5), name="asked")


@pytest.fixture
def widget(store):
    return LabelWidget(open_session(store))


def ask(widget, kind, **more):
    reply, _ = widget.answer({"kind": kind, "count": 100, **more})
    json.dumps(reply)
    return reply


def test_a_grade_is_written_and_the_next_open_passage_shown(widget, store):
    assert ask(widget, "open")["at"] == 0
    reply = ask(widget, "grade", index=0, grade=3)
    assert (reply["said"], reply["passage"]["index"], reply["done"]) == ("Graded 3: perfect.", 1, 1)
    assert reply["shownRow"]["counts"] == "1 of 3 graded, 1 relevant"
    assert [label.grade for label in LabelLog(store, "docs").labels()] == [3]
    assert ask(LabelWidget(open_session(store)), "open")["at"] == 1


def test_the_last_grade_says_so(widget):
    for index in range(6):
        reply = ask(widget, "grade", index=index, grade=0)
    assert reply["said"] == "Graded 0: not relevant. Every passage is graded."
    assert ask(widget, "next", index=2)["said"] == "Nothing is open."
    assert ask(widget, "rows")["rows"][1]["state"] == "✓ done"


def test_undo_goes_to_what_it_took_back(widget):
    ask(widget, "grade", index=4, grade=2)
    reply = ask(widget, "undo", index=0)
    assert (reply["said"], reply["passage"]["index"]) == ("Undone: the grade 2.", 4)
    assert ask(widget, "undo", index=0)["said"] == "There is nothing of yours to undo."


def test_nothing_says_who_found_it_or_what_others_said(widget, store):
    other = LabelWidget(open_session(store, "ben"))
    ask(other, "grade", index=0, grade=3)
    shown = json.dumps([ask(widget, "open"), ask(widget, "rows"), ask(widget, "passage", index=0)])
    for word in ("dense", "rank", "score", "0.9", "ben", "d0-"):
        assert word not in shown
    assert ask(widget, "passage", index=0)["grade"] is None


def test_a_query_opens_at_its_first_open_passage(widget):
    ask(widget, "grade", index=3, grade=1)
    assert ask(widget, "query", row=1)["index"] == 4
    assert ask(widget, "query", row=0)["index"] == 0


@pytest.mark.parametrize("grade", [4, -1, None, "1", True])
def test_another_grade_is_an_error_and_nothing_is_written(widget, store, grade):
    assert "no such grade" in ask(widget, "grade", index=0, grade=grade)["error"]
    assert LabelLog(store, "docs").labels() == ()


def test_text_is_plain_and_what_turns_it_round_is_shown(widget):
    shown = ask(widget, "passage", index=0)["text"]
    assert "<script>" in shown  # the browser puts it in place as text
    assert "\u202e" not in shown
