"""``llmops router`` and ``llmops rightsize`` as processes of their own."""

from __future__ import annotations

import json

import pytest

from llmops_magics.testing import Reply

TOML = """
[router.split]
strategy = "weighted"
models = ["openai/gpt-4.1", "router/safe"]
weights = [3, 1]

[router.safe]
strategy = "fallback"
models = ["openai/gpt-4.1-mini", "openai/gpt-4.1"]

[router.kind]
strategy = "rules"
default = "openai/gpt-4.1-mini"
[[router.kind.rules]]
model = "openai/gpt-4.1"
language = "de"
[[router.kind.rules]]
model = "router/safe"
attributes = {tier = "gold"}
"""


@pytest.fixture
def routers(folder):
    (folder / "llmops.toml").write_text(TOML)


def test_list_and_show(routers, llmops):
    text = llmops("router", "list").stdout
    assert "router/split" in text
    assert "weights 3, 1" in text
    assert 'rule 2: {"model": "router/safe"' in llmops("router", "show", "kind").stdout
    body = json.loads(llmops("router", "show", "split", "--json").stdout)
    (entry,) = body["routers"]
    assert entry["leaves"] == ["openai/gpt-4.1", "openai/gpt-4.1-mini"]


def test_none_yet(llmops, refused):
    assert "No router yet" in llmops("router", "list").stdout
    assert "no router is called 'x'" in refused("router", "show", "x")
    assert "no router is called 'x'" in refused("router", "try", "x", "hello", "--call")


def test_try_asks_nothing_without_call(routers, llmops, endpoint):
    server = endpoint("Im Lager.")
    text = llmops("router", "try", "kind", "Wo ist das Paket, das ich bestellt habe?").stdout
    assert "openai/gpt-4.1  would be asked  rule 1: language de" in text
    gold = llmops("router", "try", "kind", "Where?", "--attribute", "tier=gold").stdout
    assert "rule 2: tier gold" in gold
    assert not server.requests
    called = llmops("router", "try", "router/kind", "Where is it?", "--call").stdout
    assert "answered by openai/gpt-4.1-mini" in called
    assert called.rstrip().endswith("Im Lager.")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('strategy = "luck"', "router.r.strategy"),
        ('strategy = "fallback"', "'fallback' needs models"),
        ('strategy = "fallback"\nmodels = ["a"]', "router.r.models.0"),
        ('strategy = "fallback"\nmodels = ["openai/a", "openai/a"]', "named twice"),
        ('strategy = "fallback"\nmodels = ["nobody/a"]', "no endpoint is called 'nobody'"),
        ('strategy = "fallback"\nmodels = ["router/x"]', "'router/x' is no router"),
        ('strategy = "fallback"\nmodels = ["router/r"]', "comes back to itself"),
        ('strategy = "fallback"\nmodels = ["openai/a"]\nweights = [1]', "only to weighted"),
        (
            'strategy = "weighted"\nmodels = ["openai/a"]\nweights = [1, 2]',
            "2 weights for 1 models",
        ),
        ('strategy = "weighted"\nmodels = ["openai/a"]\nweights = [0]', "all weights are 0"),
        ('strategy = "cascade"\nmodels = ["openai/a"]', "needs a check"),
        ('strategy = "rules"\nrules = [{model = "openai/a"}]', "has no condition"),
        (
            'strategy = "rules"\nrules = [{model = "openai/a", language = "xx"}]',
            "router.r.rules.0.language",
        ),
        ('strategy = "rules"\nrules = [{model = "openai/a", language = "de"}]', "and a default"),
    ],
)
def test_a_setting_that_cannot_be_names_its_key(folder, text, said):
    from llmops_magics.config.settings import load_settings
    from llmops_magics.errors import ConfigError

    (folder / "llmops.toml").write_text(f"[router.r]\n{text}\n")
    with pytest.raises(ConfigError) as raised:
        load_settings(folder)
    assert "router.r" in str(raised.value)
    assert said in str(raised.value)


def test_a_longer_circle_is_named(folder, refused):
    one = '[router.{}]\nstrategy = "fallback"\nmodels = ["openai/x", "router/{}"]\n'
    text = one.format("a", "b") + one.format("b", "c") + one.format("c", "a")
    (folder / "llmops.toml").write_text(text)
    assert "router/a → router/b → router/c → router/a" in refused("router", "list")


def test_rightsize_and_its_exit_codes(folder, llmops, endpoint):
    endpoint(Reply("yes", usage=(100, 10)))
    (folder / "cases.jsonl").write_text(
        "".join(json.dumps({"q": f"{n}?", "expected": "yes"}) + "\n" for n in range(12))
    )
    (folder / "p.prompty").write_text("{{ q }}")
    assert llmops("prompt", "import", "p.prompty").returncode == 0
    words = ("rightsize", "p", "--models", "openai/gpt-4.1,openai/gpt-4.1-mini", "--scorers")
    words = (*words, "contains", "--data", "cases.jsonl")
    few = llmops(*words)
    assert few.returncode == 3
    assert few.stdout.startswith("? INCONCLUSIVE: no model is chosen")
    done = llmops(*words, "--margin", "0.5", "--write-route", "p", "--json")
    assert (done.returncode, json.loads(done.stdout)["route"]) == (0, "router/p")
    assert "router/p" in llmops("router", "list").stdout
