"""What somebody would try who has read the source: each of these passed once."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import threading
import time
from dataclasses import replace
from types import ModuleType

import pandas as pd
import pytest
from sqlalchemy import select

from llmops_magics.audit import trail
from llmops_magics.errors import (
    AccessDeniedError,
    BlockedError,
    ConfigError,
    LlmopsError,
    StoreError,
    UsageError,
)
from llmops_magics.guard import registry
from llmops_magics.guard.boundary import asking
from llmops_magics.guard.boundary.decision_log import DecisionLog
from llmops_magics.guard.boundary.masking import masked
from llmops_magics.guard.boundary.message import crossings_of, crossings_of_answer, with_checked
from llmops_magics.guard.boundary.policy import Decision, Ruling
from llmops_magics.guard.boundary.taint import conversation
from llmops_magics.guard.detector import BOUNDARIES
from llmops_magics.guard.finding import Finding
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.retrieval.passage import Passage
from llmops_magics.storage.table import trace
from llmops_magics.tracing.writer import read_trace

MODEL = "openai/gpt-4.1-mini"
BLOCK = (
    '[guard]\ndetectors = ["pii"]\nask_timeout_s = 0.3\n'
    '[[guard.policy]]\nkind = "pii"\naction = "block"\n'
)
REDACT = BLOCK.replace("block", "redact")
MAIL = "ann@example.com"


@pytest.fixture(autouse=True)
def own_conversation():
    with conversation():
        yield


@pytest.fixture
def odd(monkeypatch):
    """``odd(detector)`` installs one of somebody else's as ``odd``."""

    def install(detector):
        module = ModuleType("odd_detector")
        module.open_detector = lambda _: detector
        monkeypatch.setitem(sys.modules, "odd_detector", module)
        monkeypatch.setitem(registry._HOME, "odd", "odd_detector")
        registry._opened.cache_clear()

    yield install
    registry._opened.cache_clear()


class Odd:
    name, version, boundaries = "odd", "1", frozenset(BOUNDARIES)

    def __init__(self, scan, scan_many=None):
        self._scan = scan
        if scan_many:
            self.scan_many = scan_many

    def scan(self, text, context):
        return self._scan(text)


def finding(start, end, kind="pii.odd"):
    return Finding(
        kind=kind, start=start, end=end, score=1.0, severity="high", detector="odd", version="1"
    )


def request(*messages):
    return ChatRequest(model=MODEL, messages=messages)


def call(name="send", arguments="{}", **more):
    return {
        "id": "1",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


@pytest.mark.parametrize(
    "content",
    [
        {"result": MAIL},
        {"type": "text", "text": MAIL},
        [{"type": "text", "text": {"value": MAIL}}],
        [{"type": "refusal", "refusal": MAIL}],
        [{"type": "input_text", "input_text": MAIL}],
        [["nested", [MAIL]]],
        [{"type": "image_url", "image_url": {"url": f"https://e.org/?{MAIL}"}}],
        [{"type": "file", "file": {"filename": MAIL}}],
        [{"type": "document", "source": {"data": MAIL}, "title": "x"}],
    ],
)
@pytest.mark.parametrize("role", ["user", "tool"])
def test_a_text_in_any_form_of_a_message_is_read(content, role):
    messages = [{"role": role, "content": content}]
    crossings = crossings_of(messages)
    assert any(MAIL in each.text for each in crossings)
    back = with_checked(messages, [each.text for each in crossings])
    assert json.dumps(back) == json.dumps(messages)


def test_the_name_of_who_speaks_is_read():
    messages = [{"role": "user", "name": MAIL, "content": "x"}]
    assert MAIL in [each.text for each in crossings_of(messages)]
    assert with_checked(messages, ["a", "b"])[0] in (
        {"role": "user", "name": "a", "content": "b"},
        {"role": "user", "name": "b", "content": "a"},
    )


def response(*calls, text=""):
    return ChatResponse(
        text=text,
        model="m",
        finish_reason="stop",
        usage=None,
        response_id="1",
        latency_ms=1,
        endpoint="openai",
        tool_calls=calls,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        f'{{"to": "{MAIL}", "to": "x"}}',
        f'{{"a": {{"to": "{MAIL}", "to": "x"}}}}',
        {"to": MAIL},
        f'"{MAIL}"',
        f'{{"{MAIL}": 1}}',
        f'{{"to": "{MAIL}"',
    ],
)
def test_arguments_in_any_form_are_read(arguments):
    found = crossings_of_answer(response(call(arguments=arguments)))
    assert any(MAIL in each.text for each in found)


def test_a_subject_holds_nothing_of_the_text():
    key = "k" * 36 + MAIL
    found = crossings_of_answer(
        response(call(name=MAIL, arguments=json.dumps({key: {"x": 1, "y": "t"}})))
    )
    assert all("ann" not in each.subject for each in found)


@pytest.mark.parametrize(
    "detector",
    [
        Odd(None, lambda texts, context: []),
        Odd(None, lambda texts, context: None),
        Odd(lambda text: None),
        Odd(lambda text: ["no finding"]),
        Odd(lambda text: (1 / 0 for _ in text)),
        Odd(lambda text: [finding(0, 3, kind="PII.Mail")]),
        Odd(lambda text: [finding(-5, 3)]),
        Odd(lambda text: [finding(None, 3)]),
        Odd(lambda text: [replace(finding(0, 3), severity="awful")]),
    ],
)
def test_a_detector_that_answers_nonsense_has_not_looked(guarded, odd, detector):
    odd(detector)
    rule = '[guard]\ndetectors = ["odd"]\n[[guard.policy]]\nkind = "pii"\naction = "block"\n'
    with pytest.raises(BlockedError):
        guarded(rule).guard.boundary("input", "some text")


def test_what_a_failing_detector_says_holds_none_of_the_text(guarded, odd):
    def scan(text):
        raise ValueError(f"cannot read {text!r}")

    odd(Odd(scan))
    workspace = guarded('[guard]\ndetectors = ["odd"]\n')
    workspace.guard.boundary("input", f"password: hunter2hunter2, {MAIL}, Jane Doe of Leeds")
    stored = json.dumps([d.detectors for d in workspace.guard.decisions().decisions])
    with workspace.store.read() as connection:
        stored += str(list(trail.events(connection)))
    assert MAIL not in stored
    assert "hunter2" not in stored
    assert "Jane Doe" not in stored


@pytest.mark.parametrize(
    "policy",
    ['kind = "injections"', 'detector = "injection"', 'kind = "toxicity"', 'detector = "pi"'],
)
def test_a_policy_that_can_fit_nothing_is_a_mistake(guarded, policy):
    rule = f'[guard]\ndetectors = ["pii"]\n[[guard.policy]]\n{policy}\naction = "block"\n'
    with pytest.raises(ConfigError):
        guarded(rule).guard.boundary("input", "some text")


def test_taint_is_seen_from_a_thread_of_its_own(guarded):
    workspace = guarded("[guard]\nask_timeout_s = 0.2\n")
    tool = workspace.guard.tool(lambda: "sent", name="send")
    outcome = []

    def work():
        try:
            outcome.append(tool())
        except AccessDeniedError:
            outcome.append("denied")

    with conversation():
        workspace.guard.passages("docs", [[passage("x")]])
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert outcome == ["denied"]


def passage(text, **more):
    return Passage(document_id="d", text=text, score=1.0, rank=1, **more)


@pytest.mark.parametrize(
    "more", [{"metadata": {"author": MAIL}}, {"source": MAIL}, {"title": MAIL}]
)
def test_all_of_a_passage_is_read(guarded, more):
    assert guarded(BLOCK).guard.passages("docs", [[passage("x", **more)]]) == [[]]


async def late():
    return MAIL


class Late:
    async def __call__(self):
        return MAIL


LAZY = (lambda *_: late(), lambda: (each for each in [MAIL]), lambda: iter([MAIL]), Late())


@pytest.mark.parametrize("function", LAZY)
def test_what_says_later_what_it_has_to_say_is_refused(guarded, function):
    tool = guarded(BLOCK).guard.tool(function, name="t", side_effect=False, trusted=True)

    def call_it():
        result = tool()
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    with pytest.raises((UsageError, BlockedError)):
        call_it()


def test_a_table_is_read_to_its_end(guarded):
    table = pd.DataFrame({"a": ["x"] * 100 + [MAIL] + ["x"] * 100, "b": "y" * 300})
    guard = guarded(BLOCK).guard
    results = (table, [{("k", MAIL): 1}], MAIL.encode("utf-16"), [b"x", MAIL.encode()], {MAIL})
    for result in results:
        with pytest.raises(BlockedError):
            guard.tool(lambda it=result: it, name="t", side_effect=False)()


def test_who_types_yes_inside_another_tool_is_heard(guarded):
    guard = guarded("[guard]\nask_timeout_s = 5\n").guard
    guard.boundary("retrieval", "a passage")
    inner = guard.tool(lambda: "sent", name="send")
    outer = guard.tool(lambda number: inner() + number, name="outer", side_effect=False)
    asking.set_asker(lambda question: True)
    try:
        assert outer("!") == "sent!"
    finally:
        asking.set_asker(None)


def test_a_thread_that_a_tool_starts_answers_nothing(guarded):
    guard = guarded("[guard]\nask_timeout_s = 3\n").guard
    guard.boundary("retrieval", "a passage")
    outcome = []

    def answer():
        until = time.monotonic() + 20
        while not (waiting := guard.pending().questions) and time.monotonic() < until:
            time.sleep(0.02)
        for each in waiting:
            with pytest.raises(AccessDeniedError):
                guard.allow(each.id)
            outcome.append("denied")

    def sly():
        thread = threading.Thread(target=answer)
        thread.start()
        thread.join()

    thread = threading.Thread(target=guard.tool(sly, side_effect=False, name="sly"))
    thread.start()
    with pytest.raises(AccessDeniedError):
        guard.tool(lambda: 1, name="send")()
    thread.join()
    assert outcome == ["denied"]


def test_a_secret_around_what_is_masked_is_masked_as_well(guarded):
    workspace = guarded('[guard]\ndetectors = ["pii"]\n')
    workspace.guard.boundary("input", f"postgres://user:q8-{MAIL}-x7Kp2@db.example.com/x")
    workspace.guard.boundary("input", f'api_key = "q8Zt-{MAIL}-x7Kp2Lm9Qr4"')
    shown = [d.excerpt for d in workspace.guard.decisions().decisions]
    assert not [each for each in shown if "x7Kp2" in each or "q8" in each], shown


def test_half_a_character_is_text_too(guarded):
    workspace = guarded(REDACT)
    text = f"\ud83d {MAIL} \ude00"
    out = workspace.guard.boundary("input", text)
    assert MAIL not in out
    workspace.guard.decisions()
    assert MAIL not in "".join(workspace.guard.stream(["a \ud83d", "\ude00 ", MAIL, ". b"]))


def test_without_a_store_nothing_passes_and_nothing_is_told(guarded, endpoint, monkeypatch):
    server = endpoint("Hello")
    monkeypatch.setenv("CANARY", "kite-7301-omega")
    workspace = guarded(
        '[guard]\ndetectors = ["canary"]\ncanaries_env = ["CANARY"]\n'
        '[[guard.policy]]\nkind = "canary"\naction = "redact"\n'
    )

    def write(*args, **kwargs):
        raise StoreError("locked")

    monkeypatch.setattr(DecisionLog, "write", write)
    with pytest.raises(LlmopsError):
        workspace.client.chat_blocking(request({"role": "user", "content": "kite-7301-omega"}))
    assert not server.requests
    workspace.spans.flush()
    with workspace.store.read() as connection:
        ids = connection.execute(select(trace.c.trace_id)).scalars().all()
    found = [span for each in ids for span in read_trace(workspace.store, each)]
    assert found
    assert "kite-7301" not in repr(found)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD end", "klmnop"),
        ("postgres://user:q8annx7Kp2@db.example.com/x", "ann"),
    ],
)
def test_nothing_is_left_of_a_secret_around_a_finding(text, word):
    found = finding(text.index(word), text.index(word) + len(word))
    kept = masked(text, Decision(action="flag", rulings=(Ruling(found, "flag", ""),)))
    assert not {"abcdefg", "9ABCD", "q8", "x7Kp2"} & {
        part for part in ("abcdefg", "9ABCD", "q8", "x7Kp2") if part in kept
    }


def test_a_schema_holds_for_what_goes_into_the_rest(guarded):
    settings = """
    [tools.send.arguments]
    properties = { to = { enum = ["bob"] } }
    """
    send = guarded(settings).guard.tool(lambda **rest: rest, name="send")
    assert send(to="bob") == {"to": "bob"}
    with pytest.raises(AccessDeniedError, match="enum"):
        send(to="eve")


@pytest.mark.parametrize("end", [".\n", ". \n\n", "!\r\n", "\n\n", "。\n", "。。"])
def test_ends_that_follow_on_one_another_are_one(guarded, odd, end):
    words = f"S<first{end}second>"

    def scan(text):
        at = text.find(words)
        return [finding(at, at + len(words), "pii.odd")] if at >= 0 else []

    odd(Odd(scan))
    guard = guarded(BLOCK.replace('["pii"]', '["odd"]')).guard
    out = []
    with pytest.raises(BlockedError):
        out.extend(guard.stream(f"One. {words} and. More."))
    assert "first" not in "".join(out)
