"""``%llm_router`` in a real shell."""

from __future__ import annotations

import pytest

TOML = """[router.split]
strategy = "weighted"
models = ["openai/gpt-4.1", "openai/gpt-4.1-mini"]
weights = [1, 1]
[router.tiers]
strategy = "rules"
default = "openai/gpt-4.1-mini"
rules = [{ model = "openai/gpt-4.1", attributes = { tier = "gold" } }]
"""


@pytest.fixture
def routers(shell, folder):
    (folder / "llmops.toml").write_text(TOML)
    return shell


def test_list_show_try(routers, endpoint):
    server = endpoint("On its way.")
    assert [r.name for r in routers.ok("%llm_router").value.routers] == ["split", "tiers"]
    (shown,) = routers.ok("%llm_router show split").value.routers
    assert shown.strategy == "weighted"
    (ask,) = routers.ok('%llm_router try tiers "Where?" --attribute tier=gold').value.asks
    assert (ask.model, ask.why, server.requests) == ("openai/gpt-4.1", "rule 1: tier gold", [])
    called = routers.ok('%llm_router try router/tiers "Where?" --call')
    assert called.value.text == "On its way."
    assert called.kinds() == ["trace"]


def test_a_session_around_is_seen(routers):
    routers.ok("from llmops_magics import session")
    line = "    trial = %llm_router try {} 'Where?'"
    head = "with session('chat-17', tags={'tier': 'gold'}):\n"
    routers.ok(head + line.format("tiers"))
    assert routers.ip.user_ns["trial"].asks[0].why == "rule 1: tier gold"
    routers.ok(head + line.format("split"))
    assert routers.ip.user_ns["trial"].asks[0].why == "by session.id"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("show nobody", "no router is called 'nobody'"),
        ("try split", "%llm_router try"),
        ("remove split", "there is no operation 'remove'"),
    ],
)
def test_a_bad_line_is_one_red_line(routers, line, said):
    assert said in routers.refused(f"%llm_router {line}")


def test_help_has_an_example(shell):
    assert '%llm_router try support "Where is my parcel?"' in shell.run("%llm_router --help").out
    assert "%llm_router show support" in shell.run("%llm_router show --help").out
