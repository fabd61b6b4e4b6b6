"""Routers over real endpoints: who is asked, what is told of it, what is cached and paid."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from llmops_magics.cost.cap import SpendingCap, capped
from llmops_magics.errors import (
    ConfigError,
    CostCapError,
    RateLimitError,
    RequestRejectedError,
    UnknownModelError,
)
from llmops_magics.models.cache import caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.testing import Reply
from llmops_magics.tracing.session import session
from llmops_magics.tracing.writer import read_trace
from llmops_magics.workspace import Workspace


@pytest.fixture
def routed(folder, scripted_server, monkeypatch):
    """``routed(toml, small=…, large=…)``: a workspace with an endpoint for each answer."""
    opened = []

    def start(toml, **answers):
        servers = {name: scripted_server(answer) for name, answer in answers.items()}
        text = "[models]\nmax_retries = 0\n" + toml
        for name, server in servers.items():
            key = f"KEY_OF_{name.upper()}"
            text += f'\n[endpoints.{name}]\nbase_url = "{server.base_url}"\napi_key_env = "{key}"\n'
            monkeypatch.setenv(key, server.api_key)
        (folder / "llmops.toml").write_text(text, encoding="utf-8")
        opened.append(Workspace(folder))
        return opened[-1], servers

    yield start
    for workspace in opened:
        workspace.close()


def ask(workspace, text="What is 1 + 1?", model="router/r", **fields):
    messages = ({"role": "user", "content": text},)
    return workspace.client.chat_blocking(ChatRequest(model=model, messages=messages, **fields))


def spans_of(workspace, response):
    workspace.spans.flush()
    spans = read_trace(workspace.store, response.trace_id)
    return {span.name: span for span in spans}


FALLBACK = '[router.r]\nstrategy = "fallback"\nmodels = ["small/a", "large/b"]\n'


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply.error(500), "EndpointError"),
        (Reply.rate_limited(0.01), "RateLimitError"),
        (Reply.malformed(), "BadResponseError"),
        (Reply(disconnect=True), "EndpointError"),
        (Reply("late", latency_ms=6000), "ModelTimeoutError"),
    ],
)
def test_a_fallback_goes_on_and_says_what_was_tried(routed, reply, kind):
    workspace, _ = routed(FALLBACK + "timeout_s = 3\n", small=reply, large="two")
    response = ask(workspace)
    assert (response.text, response.routed_to, response.endpoint) == ("two", "large/b", "large")
    spans = spans_of(workspace, response)
    route = spans["route router/r"]
    tried = json.loads(route.attributes["llmops.router.tried"])
    assert [(t["model"], t["outcome"]) for t in tried] == [
        ("small/a", "failed"),
        ("large/b", "answered"),
    ]
    assert tried[0]["why"].startswith(kind)
    assert route.attributes["llmops.router.model"] == "large/b"
    assert route.attributes["llmops.router.strategy"] == "fallback"
    assert {s.parent_id for s in spans.values() if s is not route} == {route.span_id}
    assert spans["chat small/a"].status == "error"


def test_a_request_that_is_wrong_is_wrong_everywhere_unless_said(routed):
    answers = {"small": Reply.error(400, "too long"), "large": "two"}
    workspace, servers = routed(FALLBACK, **answers)
    with pytest.raises(RequestRejectedError, match="too long"):
        ask(workspace)
    assert not servers["large"].requests
    workspace, _ = routed(FALLBACK + 'on = "rejected"\n', **answers)
    assert ask(workspace).routed_to == "large/b"


def test_when_all_fail_the_last_error_names_the_others(routed):
    workspace, _ = routed(FALLBACK, small=Reply.error(500), large=Reply.rate_limited(0.01))
    with pytest.raises(RateLimitError, match="router/r had tried small/a before"):
        ask(workspace)


def test_the_answer_is_cached_under_the_chosen_model(routed):
    workspace, servers = routed(FALLBACK, small="one", large="two")
    with caching("use") as use:
        first, again = ask(workspace), ask(workspace)
        by_name = ask(workspace, model="small/a")
    assert (first.cached, again.cached, by_name.cached) == (False, True, True)
    assert (again.routed_to, by_name.routed_to) == ("small/a", "")
    assert (use.hits, len(servers["small"].requests)) == (2, 1)


def test_a_replay_goes_past_the_model_that_failed_then(routed):
    workspace, servers = routed(FALLBACK, small=Reply.error(500), large="two")
    with caching("use"):
        ask(workspace)
    with caching("replay"):
        assert ask(workspace).text == "two"
    assert len(servers["large"].requests) == 1


def test_a_spending_cap_is_not_gone_around(routed, endpoint):
    workspace, servers = routed(
        '[router.r]\nstrategy = "fallback"\nmodels = ["openai/gpt-4.1", "small/a"]\n', small="x"
    )
    endpoint("yes")
    with capped(SpendingCap(Decimal("0.000001"))), pytest.raises(CostCapError):
        ask(workspace)
    assert not servers["small"].requests


WEIGHTED = '[router.r]\nstrategy = "weighted"\nmodels = ["small/a", "large/b"]\nweights = [9, 1]\n'


def test_weights_are_kept_and_one_session_stays_with_one_model(routed):
    workspace, servers = routed(WEIGHTED, small="one", large="two")
    sessions = [{"session.id": f"s{n}"} for n in range(300)]
    first = [ask(workspace, f"{n}?", attributes=s).text for n, s in enumerate(sessions)]
    assert 255 <= first.count("one") <= 285  # 270 expected, standard deviation 5.2
    again = [ask(workspace, "other", attributes=s).text for s in sessions[:40]]
    assert again == first[:40]
    assert ask(workspace, "same").text == ask(workspace, "same").text
    assert len(servers["small"].requests) > 200


def test_a_session_around_keeps_its_model_and_the_span_says_why(routed):
    workspace, _ = routed(WEIGHTED.replace("[9, 1]", "[1, 1]"), small="one", large="two")
    for around, by in (({"session_id": "s{}"}, "session.id"), ({"user": "u{}"}, "user.id")):
        arms = []
        for n in range(12):
            with session(**{name: value.format(n) for name, value in around.items()}):
                replies = [ask(workspace, f"{n} {k}") for k in range(3)]
            assert len({reply.routed_to for reply in replies}) == 1
            arms.append(replies[-1])
        assert {arm.routed_to for arm in arms} == {"small/a", "large/b"}
        route = spans_of(workspace, arms[-1])["route router/r"].attributes
        assert route["llmops.router.why"] == f"by {by}"
        assert route[by] == next(iter(around.values())).format(11)


def test_the_case_of_an_eval_counts_before_the_session_around_it(routed):
    workspace, servers = routed(WEIGHTED.replace("[9, 1]", "[1, 1]"), small="one", large="two")
    workspace.prompts.register("p", "{{ q }}", model="router/r")
    with session("chat-17"):
        workspace.evaluate("p", [{"id": f"c{n}", "q": f"{n}?"} for n in range(20)], ["length"])
    assert min(len(server.requests) for server in servers.values()) > 3


CHEAPEST = """[router.r]
strategy = "cheapest"
models = ["openai/gpt-4.1", "openai/gpt-4.1-mini", "small/a"]
[router.r.facts."openai/gpt-4.1-mini"]
context_tokens = 600
features = ["json_schema"]
"""


def test_the_cheapest_that_fits(routed, endpoint):
    workspace, _ = routed(CHEAPEST, small="unpriced")
    endpoint("hosted")
    assert ask(workspace).routed_to == "openai/gpt-4.1-mini"
    assert ask(workspace, "word " * 400).routed_to == "openai/gpt-4.1"  # 500 + 256 tokens
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    response = ask(workspace, settings={"tools": [tool]})
    assert response.routed_to == "openai/gpt-4.1"
    tried = json.loads(
        spans_of(workspace, response)["route router/r"].attributes["llmops.router.tried"]
    )
    assert tried[0] == {
        "model": "openai/gpt-4.1-mini",
        "outcome": "passed over",
        "why": "lacks tools",
    }


def test_no_model_that_fits(routed):
    workspace, _ = routed(
        '[router.r]\nstrategy = "cheapest"\nmodels = ["small/a"]\n'
        '[router.r.facts."small/a"]\ncontext_tokens = 100\n',
        small="x",
    )
    with pytest.raises(RequestRejectedError, match=r"context of 100 tokens is too short for about"):
        ask(workspace)


def cascade(check, models=("small/a", "large/b")):
    return f'[router.r]\nstrategy = "cascade"\nmodels = {list(models)!r}\n{check}\n'


@pytest.mark.parametrize(
    ("check", "poor", "why"),
    [
        ('check = "finish_reason"', Reply("ab", finish_reason="length"), "it ended by length"),
        ('check = ["refusal"]', "I'm sorry, I cannot help with that.", "it refuses"),
        ('json_schema = {type = "object", required = ["a"]}', "{}", "'a' is a required property"),
        ('json_schema = {type = "object"}', "no JSON", "is not JSON"),
        ('check = "length(max_words=2)"', "one two three", "length"),
    ],
)
def test_a_cascade_escalates_what_does_not_pass(routed, check, poor, why):
    workspace, _ = routed(cascade(check), small=poor, large='{"a": 1}')
    response = ask(workspace)
    assert (response.text, response.routed_to) == ('{"a": 1}', "large/b")
    route = spans_of(workspace, response)["route router/r"].attributes
    first = json.loads(route["llmops.router.tried"])[0]
    assert first["outcome"] == "escalated"
    assert why in first["why"]


def test_a_cascade_stays_small_where_the_answer_passes(routed):
    workspace, servers = routed(cascade('check = "refusal"'), small="Paris", large="Lyon")
    assert ask(workspace).routed_to == "small/a"
    assert not servers["large"].requests


def test_the_cost_of_a_cascade_counts_every_answer(routed, endpoint):
    models = ("openai/gpt-4.1-mini", "openai/gpt-4.1")
    workspace, _ = routed(cascade('check = "refusal"', models))
    poor = "I'm sorry, I cannot help with that."
    endpoint(lambda body: Reply(poor if "mini" in body["model"] else "yes", usage=(1000, 100)))
    response = ask(workspace)
    # mini 1,000 x 0.40 + 100 x 1.60, the other 1,000 x 2 + 100 x 8 millionths
    assert Decimal(response.cost_usd) == Decimal("0.00056") + Decimal("0.0028")
    priced = [s.attributes.get("llmops.cost.usd") for s in spans_of(workspace, response).values()]
    assert sum(Decimal(cost) for cost in priced if cost) == Decimal(response.cost_usd)


def test_a_judge_checks_and_is_paid_for(routed, endpoint):
    toml = '[router.r]\nstrategy = "cascade"\nmodels = ["openai/gpt-4.1-mini", "large/b"]\n'
    workspace, _ = routed(toml + 'check = "safety"\n', large="unpriced")
    verdict = json.dumps({"reason": "fine", "harms": [], "safe": True})

    def answer(body):
        is_judge = "response_format" in body
        return Reply(verdict if is_judge else "hello", usage=(1000, 100))

    endpoint(answer)
    response = ask(workspace)
    workspace.spans.flush()
    spans = read_trace(workspace.store, response.trace_id)
    costs = [Decimal(s.attributes["llmops.cost.usd"]) for s in spans if s.name.startswith("chat")]
    assert costs == [Decimal("0.00056")] * 2  # the answer, and the judge's word on it
    assert (response.routed_to, response.cost_usd) == ("openai/gpt-4.1-mini", "0.00112")


RULES = """[router.r]
strategy = "rules"
default = "small/a"
[[router.r.rules]]
model = "large/long"
min_characters = 200
[[router.r.rules]]
model = "large/german"
language = "de"
max_tokens = 100
[[router.r.rules]]
model = "large/legal"
prompt = "legal/*"
[[router.r.rules]]
model = "large/vip"
attributes = {tier = "gold*"}
"""


def test_rules_in_their_order(routed):
    workspace, _ = routed(RULES, small="s", large="l")
    chosen = {
        "small/a": ask(workspace),
        "large/long": ask(workspace, "x" * 200),
        "large/german": ask(workspace, "Wie lange ist das Paket noch unterwegs?"),
        "large/legal": ask(workspace, prompt_ref="legal/terms@3"),
        "large/vip": ask(workspace, attributes={"tier": "gold-2"}),
    }
    assert {wanted: r.routed_to for wanted, r in chosen.items()} == {w: w for w in chosen}
    route = spans_of(workspace, chosen["large/german"])["route router/r"].attributes
    assert route["llmops.router.why"].startswith("rule 2: about ")
    assert route["llmops.router.why"].endswith("language de")


def test_a_rule_looks_at_the_tags_of_the_session_around(routed):
    workspace, _ = routed(RULES + '[trace]\nredact = ["tier"]\n', small="s", large="l")
    with session("chat-17", tags={"tier": "gold-7"}):
        gold = ask(workspace)
        with session(tags={"tier": "silver"}):
            inner = ask(workspace)
        own = ask(workspace, attributes={"tier": "none"})
    said = [reply.routed_to for reply in (gold, inner, own, ask(workspace))]
    assert said == ["large/vip", "small/a", "small/a", "small/a"]
    route = spans_of(workspace, gold)["route router/r"].attributes
    assert route["llmops.router.why"] == "rule 4: tier gold*"
    assert (route["tier"], "gold-7" in str(route)) == ("[redacted]", False)


def test_routers_in_routers(routed):
    inner = '[router.safe]\nstrategy = "fallback"\nmodels = ["small/a", "large/b"]\n'
    outer = WEIGHTED.replace('"small/a", "large/b"', '"router/safe", "large/c"')
    workspace, _ = routed(inner + outer, small=Reply.error(500), large="two")
    replies = [ask(workspace, attributes={"user.id": f"u{n}"}) for n in range(20)]
    assert {reply.routed_to for reply in replies} == {"large/b", "large/c"}
    one = next(reply for reply in replies if reply.routed_to == "large/b")
    spans = spans_of(workspace, one)
    inside = spans["route router/safe"]
    assert inside.parent_id == spans["route router/r"].span_id
    assert spans["chat large/b"].parent_id == inside.span_id


def test_an_eval_of_a_router(routed):
    workspace, _ = routed(FALLBACK, small=Reply.error(500), large="yes")
    workspace.prompts.register("p", "{{ q }}", model="router/r")
    rows = [{"id": f"c{n}", "q": f"{n}?", "expected": "yes"} for n in range(4)]
    run = workspace.evaluate("p", rows, ["contains"])
    assert run.summary.scores[0].mean == 1.0
    assert run.model == "router/r"


def test_a_router_that_is_none(routed):
    workspace, _ = routed(FALLBACK, small="x", large="y")
    with pytest.raises(UnknownModelError, match="no router is called 'nobody'"):
        ask(workspace, model="router/nobody")
    workspace.prompts.register("p", "{{ q }}")
    with pytest.raises(UnknownModelError, match="no router is called 'nobody'"):
        workspace.evaluate("p", [{"q": "1", "expected": "1"}], ["contains"], model="router/nobody")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ('check = "nobody"', r"router\.r\.check: There is no scorer 'nobody'"),
        ('check = "contains"', r"router\.r\.check: contains needs expected"),
        ("json_schema = {type = 7}", r"router\.r\.json_schema: "),
    ],
)
def test_a_check_that_cannot_be_names_its_key(routed, check, said):
    workspace, _ = routed(cascade(check), small="x", large="y")
    with pytest.raises(ConfigError, match=said):
        ask(workspace)


def test_a_router_does_not_judge_itself(routed):
    toml = cascade('check = "safety"').replace("[router", '[models]\njudge = "router/r"\n[router')
    workspace, _ = routed("", small="x", large="y")
    path = workspace.root / "llmops.toml"
    path.write_text(path.read_text().replace("[models]\nmax_retries = 0\n", toml))
    with pytest.raises(ConfigError, match="which is a router itself"):
        ask(Workspace(workspace.root))
