from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.errors import AccessDeniedError, UsageError
from llmops_magics.guard.boundary.decision_log import DecisionLog
from llmops_magics.guard.boundary.pending import PendingRegistry, inside_tool
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield opened
    opened.close()


def registry(store, actor="ann", **options):
    return PendingRegistry(lambda: store, lambda: actor, **options)


def ask(store, timeout_s=60.0):
    question = registry(store, "model runner").question(
        timeout_s=timeout_s,
        shown='send({"to": "x"})',
        boundary="tool_call",
        subject="tool send",
        reason="untrusted text",
        environment="dev",
    )
    DecisionLog(lambda: store, lambda: "model runner").ask(question, {"sources": ["corpus a"]})
    return question


def test_the_first_answer_stands(store):
    question = ask(store)
    assert [q.id for q in registry(store).list().questions] == [question.id]
    said = registry(store).answer(question.id, allow=True, note="fine")
    assert (said.state, said.answered_by, said.note) == ("allow", "ann", "fine")
    for who in ("ann", "bob"):
        with pytest.raises(UsageError, match="is answered: allow, by ann"):
            registry(store, who).answer(question.id, allow=False)
    assert registry(store).close(question, "late").state == "allow"
    assert registry(store).list().questions == ()
    assert registry(store).list(all_states=True).questions[0].state == "allow"
    with store.read() as connection:
        actions = [event.action for event in trail.events(connection)]
    assert actions == ["guard.ask", "guard.answer.allow"]


def test_too_late_is_no(store):
    question = ask(store, timeout_s=0)
    assert registry(store).list().questions == ()
    with pytest.raises(UsageError, match="is answered: expired, by nobody"):
        registry(store).answer(question.id, allow=True)


def test_who_may_not_answer_does_not(store, monkeypatch):
    def nobody(who, question):
        raise AccessDeniedError(f"{who} may not answer {question.subject}.")

    question = ask(store)
    with pytest.raises(AccessDeniedError, match="ann may not answer tool send"):
        registry(store, may_answer=nobody).answer(question.id, allow=True)
    with inside_tool("sly"), pytest.raises(AccessDeniedError, match="inside the tool 'sly'"):
        registry(store).answer(question.id, allow=True)
    monkeypatch.setenv("LLMOPS_GATE", "1")
    with pytest.raises(AccessDeniedError, match="inside a gate"):
        registry(store).answer(question.id, allow=True)
    assert registry(store).get(question.id).state == "waiting"


def test_an_unknown_question(store):
    with pytest.raises(UsageError, match="no question 'x'"):
        registry(store).answer("x", allow=True)


@pytest.mark.parametrize("table", ["guard_pending", "guard_answer"])
def test_questions_and_answers_are_never_changed(store, table):
    registry(store).answer(ask(store).id, allow=False)
    for change in (f"UPDATE {table} SET actor = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
            connection.execute(text(change))
