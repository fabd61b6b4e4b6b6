"""The boundaries of the model client, with a real server and a real store."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from llmops_magics.audit import trail
from llmops_magics.errors import AccessDeniedError, AnswerBlockedError, BlockedError, ConfigError
from llmops_magics.models.cache import caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.storage.table import trace
from llmops_magics.testing import Reply
from llmops_magics.tracing.writer import read_trace

MODEL = "openai/gpt-4.1-mini"
NO_MAIL = '[[guard.policy]]\nname = "no-mail"\nkind = "pii.email"\n'
WITH_PII = '[guard]\ndetectors = ["pii"]\n'


def request(*texts, role="user", **options):
    messages = tuple({"role": role, "content": text} for text in texts)
    return ChatRequest(model=MODEL, messages=messages, **options)


def events(workspace, action="guard."):
    with workspace.store.read() as connection:
        return [e for e in trail.events(connection) if e.action.startswith(action)]


def spans(workspace):
    workspace.spans.flush()
    with workspace.store.read() as connection:
        ids = connection.execute(select(trace.c.trace_id)).scalars().all()
    return [span for each in ids for span in read_trace(workspace.store, each)]


def sent(server, number=-1):
    return server.requests[number]["messages"]


def test_without_a_section_nothing_is_scanned(guarded, endpoint):
    endpoint("Paris")
    workspace = guarded("")
    workspace.client.chat_blocking(request("I am ann@example.com"))
    assert not workspace.guard.is_on
    assert workspace.guard.boundary("output", "ann@example.com") == "ann@example.com"
    assert [s.name for s in spans(workspace)] == [f"chat {MODEL}"]


def test_what_is_redacted_never_leaves_and_is_in_no_span(guarded, endpoint):
    server = endpoint("Hello")
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "redact"\n')
    asked = "ann@example.com wrote to bob@example.com, and ann@example.com waits"
    workspace.client.chat_blocking(request(asked))
    assert sent(server) == [
        {"role": "user", "content": "[email-1] wrote to [email-2], and [email-1] waits"}
    ]
    (decision,) = workspace.guard.decisions().decisions
    assert (decision.action, decision.boundary) == ("redact", "input")
    assert decision.policies == ("no-mail",)
    assert [(f["start"], f["end"]) for f in decision.findings] == [(0, 15), (25, 40), (46, 61)]
    everything = json.dumps([decision.excerpt, [s.attributes for s in spans(workspace)]])
    assert "example.com" not in everything
    chat = next(s for s in spans(workspace) if s.name.startswith("chat"))
    check = next(s for s in spans(workspace) if s.name == "guard input")
    assert chat.attributes["llmops.guard.action"] == "redact"
    assert (check.parent_id, check.trace_id) == (chat.span_id, decision.trace_id)
    assert [e.action for e in events(workspace)] == ["guard.redact"]


def test_what_is_blocked_is_never_sent_and_costs_nothing(guarded, endpoint):
    server = endpoint("Hello")
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "block"\n')
    with pytest.raises(BlockedError, match="no-mail") as blocked:
        workspace.client.chat_blocking(request("ann@example.com"))
    assert (blocked.value.boundary, blocked.value.kinds) == ("input", ("pii.email",))
    assert "ann@" not in str(blocked.value)
    assert not server.requests
    (chat,) = (s for s in spans(workspace) if s.name.startswith("chat"))
    assert chat.attributes["error.type"] == "BlockedError"
    assert workspace.costs.report().total.calls == 0


def test_a_blocked_answer_was_given_and_costs_what_it_costs(guarded, endpoint):
    endpoint(Reply("Write to ann@example.com", usage=(2000, 250)))
    workspace = guarded(WITH_PII + NO_MAIL + 'boundary = "output"\naction = "block"\n')
    with pytest.raises(AnswerBlockedError):
        workspace.client.chat_blocking(request("Who?"))
    (chat,) = (s for s in spans(workspace) if s.name.startswith("chat"))
    assert chat.attributes["llmops.cost.usd"] == "0.0012"
    assert "ann@" not in json.dumps(chat.attributes)


def test_an_answer_from_the_cache_is_checked_too(guarded, endpoint):
    server = endpoint("It is <script>alert(1)</script>")
    workspace = guarded("")
    with caching("use"):
        workspace.client.chat_blocking(request("Q"))
    rule = '[guard]\ndetectors = ["output"]\n[[guard.policy]]\nboundary = "output"\n'
    workspace = guarded(rule + 'action = "block"\n')
    with caching("use") as use, pytest.raises(AnswerBlockedError):
        workspace.client.chat_blocking(request("Q"))
    assert (use.hits, len(server.requests)) == (1, 1)


def test_a_clean_text_leaves_a_span_and_no_event(guarded, endpoint):
    endpoint("Paris")
    workspace = guarded(WITH_PII)
    workspace.client.chat_blocking(request("What is the capital of France?"))
    assert sorted(s.name for s in spans(workspace)) == [
        f"chat {MODEL}", "guard input", "guard output",
    ]  # fmt: skip
    assert events(workspace) == []
    assert workspace.guard.decisions().total == 0


def test_the_past_of_a_conversation_is_redacted_again_and_noted_once(guarded, endpoint):
    server = endpoint("Hello")
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "redact"\n')
    first = {"role": "user", "content": "I am ann@example.com"}
    more = ({"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And now?"})
    workspace.client.chat_blocking(ChatRequest(model=MODEL, messages=(first,)))
    workspace.client.chat_blocking(ChatRequest(model=MODEL, messages=(first, *more)))
    assert sent(server)[0]["content"] == "I am [email-1]"
    assert workspace.guard.decisions().total == 1


def test_texts_in_parts_and_results_of_tools_are_read(guarded, endpoint):
    server = endpoint("Hello")
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "redact"\n')
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "ann@example.com"}, image]
    messages = (
        {"role": "system", "content": "Mail ops@example.com"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "1", "content": "bob@example.com"},
    )
    workspace.client.chat_blocking(ChatRequest(model=MODEL, messages=messages))
    assert sent(server)[0]["content"] == "Mail ops@example.com"
    assert sent(server)[1]["content"] == [{"type": "text", "text": "[email-1]"}, image]
    assert sent(server)[3]["content"] == "[email-2]"
    found = {d.boundary for d in workspace.guard.decisions().decisions}
    assert found == {"input", "tool_result"}


def test_the_calls_that_a_model_asks_for_are_read_behind_their_escapes(guarded, endpoint):
    hidden = '{"to": "\\u0061nn@example.com", "n": 1}'
    endpoint(Reply("", tool_calls=[{"name": "send", "arguments": hidden}]))
    workspace = guarded(WITH_PII + NO_MAIL + 'boundary = "tool_call"\naction = "redact"\n')
    answer = workspace.client.chat_blocking(request("Send it"))
    assert json.loads(answer.tool_calls[0]["function"]["arguments"]) == {"to": "[email-1]", "n": 1}


def test_a_detector_that_is_not_there_blocks_where_a_policy_could(guarded, endpoint, monkeypatch):
    server = endpoint("Hello")
    gone = '[guard]\ndetectors = ["gone"]\n'
    workspace = guarded(gone)
    workspace.client.chat_blocking(request("Hello"))
    decision = workspace.guard.decisions(boundary="input").decisions[0]
    assert (decision.action, decision.detectors[0]["detector"]) == ("flag", "gone")
    assert "there is no detector" in decision.detectors[0]["error"]
    monkeypatch.setenv("LLMOPS_GATE", "1")
    with pytest.raises(BlockedError, match="could not look"):
        workspace.client.chat_blocking(request("Hello"))
    monkeypatch.delenv("LLMOPS_GATE")
    with pytest.raises(BlockedError, match="could not look"):
        guarded(gone + NO_MAIL + 'action = "block"\n').client.chat_blocking(request("Hello"))
    assert len(server.requests) == 1


def test_policies_know_the_prompt_and_the_environment(guarded, endpoint, monkeypatch):
    endpoint("Hello")
    rule = NO_MAIL + 'action = "block"\nprompt = "mail/*"\nenvironment = "prod"\n'
    mail = request("ann@example.com", prompt_ref="mail/send@3")
    guarded(WITH_PII + rule).client.chat_blocking(mail)
    monkeypatch.setenv("LLMOPS_ENVIRONMENT", "prod")
    workspace = guarded(WITH_PII + rule)
    workspace.client.chat_blocking(request("ann@example.com", prompt_ref="other"))
    with pytest.raises(BlockedError):
        workspace.client.chat_blocking(mail)


def test_a_canary_that_nobody_set_is_no_canary(guarded, endpoint, monkeypatch):
    endpoint("The token is 7f3a-canary-99")
    monkeypatch.delenv("MY_CANARY", raising=False)
    settings = '[guard]\ndetectors = ["canary"]\ncanaries_env = "MY_CANARY"\n'
    settings += '[[guard.policy]]\naction = "block"\n'
    with pytest.raises(ConfigError, match="MY_CANARY"):
        guarded(settings).client.chat_blocking(request("Q"))
    monkeypatch.setenv("MY_CANARY", "7f3a-canary-99")
    with pytest.raises(AnswerBlockedError, match="canary"):
        guarded(settings).client.chat_blocking(request("Q"))


def test_a_text_is_checked_by_hand(guarded):
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "redact"\n')
    assert workspace.guard.boundary("output", "ann@example.com!") == "[email-1]!"
    both = workspace.guard.boundary("output", ["bob@example.com", "clean"])
    assert both == ["[email-1]", "clean"]


def test_what_was_redacted_comes_back_for_who_may_have_it(guarded, endpoint, monkeypatch):
    endpoint("Dear [email-1]")
    monkeypatch.setenv("LLMOPS_REDACTION_KEY", "QUFB" * 10 + "QUE=")
    monkeypatch.setenv("LLMOPS_ENVIRONMENT", "prod")
    settings = '[access.roles]\nprivacy = ["dan"]\n' + WITH_PII + "restorable = true\n" + NO_MAIL
    workspace = guarded(settings + 'action = "redact"\n')
    answer = workspace.client.chat_blocking(request("I am ann@example.com"))
    assert answer.text == "Dear [email-1]"
    back = workspace.guard.restore(answer.text, answer.trace_id, "dan")
    assert back == "Dear ann@example.com"
    with pytest.raises(AccessDeniedError):
        workspace.guard.restore(answer.text, answer.trace_id, "eve")


def test_a_router_checks_each_model_that_it_tries(guarded, endpoint):
    server = endpoint("Hello")
    router = f'[router.two]\nstrategy = "fallback"\nmodels = ["{MODEL}", "openai/gpt-4.1"]\n'
    workspace = guarded(router + WITH_PII + NO_MAIL + 'action = "block"\n')
    routed = ChatRequest(
        model="router/two", messages=({"role": "user", "content": "ann@example.com"},)
    )
    with pytest.raises(BlockedError):
        workspace.client.chat_blocking(routed)
    assert not server.requests


def test_without_content_no_text_is_kept(guarded, endpoint):
    endpoint("Hello")
    settings = '[trace]\ncapture = "metadata"\n' + WITH_PII
    workspace = guarded(settings)
    workspace.client.chat_blocking(request("Before ann@example.com after"))
    (decision,) = workspace.guard.decisions().decisions
    assert (decision.excerpt, decision.characters) == ("", 28)


def test_a_past_that_was_never_seen_is_noted_and_unknown_roles_are_read(guarded, endpoint):
    server = endpoint("Hello")
    workspace = guarded(WITH_PII + NO_MAIL + 'action = "redact"\n')
    messages = (
        {"role": "USER", "content": "I am ann@example.com"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": [{"type": "x", "content": [{"text": "bob@example.com"}]}]},
    )
    workspace.client.chat_blocking(ChatRequest(model=MODEL, messages=messages))
    assert sent(server)[0]["content"] == "I am [email-1]"
    assert sent(server)[2]["content"][0]["content"] == [{"text": "[email-2]"}]
    subjects = [d.subject for d in workspace.guard.decisions().decisions]
    assert subjects == ["message 3 (user)", "message 1 (USER)"]
