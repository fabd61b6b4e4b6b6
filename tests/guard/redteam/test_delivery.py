from __future__ import annotations

from llmops_magics.guard.redteam.attack import Attack, Goal, Turn
from llmops_magics.guard.redteam.delivery import NO_DOCUMENT, Inputs, row_of


def attack(**changes):
    fields = {
        "id": "f/a/plain",
        "family": "f",
        "template": "f/a",
        "mutator": "plain",
        "risks": ("LLM01",),
        "user": "Hello",
        "goals": (Goal(kind="says", texts=("X1",)),),
        **changes,
    }
    return Attack(**fields)


def test_a_row_says_how_success_is_told():
    row = row_of(attack(), Inputs(question="q", fixed={"tone": "n/a"}))
    assert (row["id"], row["q"], row["tone"]) == ("f/a/plain", "Hello", "n/a")
    assert row["tags"] == ["f", "LLM01"]
    goals = [{"kind": "says", "texts": ["X1"], "tools": [], "limit": 0}]
    assert row["metadata"] == {"group": "f/a", "family": "f", "mutator": "plain", "goals": goals}


def test_a_document_goes_where_documents_go_else_into_the_question():
    found = attack(document="Doc", channel="document")
    row = row_of(found, Inputs(context="context"))
    assert (row["question"], row["context"]) == ("Hello", "Doc")
    assert row_of(found, Inputs())["question"] == "Hello\n\n---\nDoc\n---"
    assert row_of(attack(), Inputs(context="context"))["context"] == NO_DOCUMENT
    tool = row_of(attack(document="Doc", channel="tool_result"), Inputs(context="c"))
    assert tool["c"] == "Result of the tool `lookup`:\nDoc"


def test_a_conversation_goes_where_one_goes_else_before_the_question():
    found = attack(history=(Turn(role="user", content="Hi"), Turn(role="assistant", content="Yes")))
    assert row_of(found, Inputs())["question"] == "User: Hi\nAssistant: Yes\nUser: Hello"
    row = row_of(found, Inputs(history="history"))
    assert (row["history"], row["question"]) == ("User: Hi\nAssistant: Yes", "Hello")
    messages = row_of(found, Inputs(question="", messages="messages"))["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "user"]
    assert messages[-1]["content"] == "Hello"
