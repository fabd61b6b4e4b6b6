"""``llmops cache`` on answers that a real endpoint gave."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from llmops_magics.models.cache import caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

MODEL = "openai/gpt-4.1-mini"


@pytest.fixture
def filled(folder, endpoint):
    """Three stored answers of $0.00056 each, and two hits."""
    endpoint(Reply("yes", usage=(1000, 100)))
    workspace = Workspace(folder)
    with caching("use"):
        for number in (0, 1, 2, 0, 1):
            messages = ({"role": "user", "content": f"{number}?"},)
            workspace.client.chat_blocking(ChatRequest(model=MODEL, messages=messages))
    workspace.close()
    return folder


def test_status_in_text_and_json(filled, llmops):
    text = llmops("cache", "status").stdout
    assert text.startswith("3 stored answers\n")
    assert "saved $0.0011 in 2 hits" in text
    assert "Semantic caching is off" in text
    body = json.loads(llmops("cache", "status", "--json").stdout)
    assert (body["answers"], body["hits"], Decimal(body["saved_usd"])) == (3, 2, Decimal("0.00112"))
    assert body["models"][0]["model"] == MODEL
    assert body["size_bytes"] > 300


def test_clear_asks_for_a_yes(filled, llmops, refused):
    assert "3 stored answers would be deleted" in refused("cache", "clear")
    other = llmops("cache", "clear", "--model", "openai/other", "--yes").stdout
    assert other.strip() == "0 answers of openai/other deleted · 3 answers left"
    done = llmops("cache", "clear", "--yes")
    assert done.stdout.strip() == "3 answers deleted · 0 answers left"


def test_prune_by_number_and_age(filled, llmops, refused):
    assert "no age" in llmops("cache", "prune", "--older-than", "soon").stderr
    assert llmops("cache", "prune", "--older-than", "1h").stdout.startswith("0 answers deleted")
    assert llmops("cache", "prune", "--older-than", "0h").stdout.startswith("3 answers deleted")


def test_an_empty_workspace(llmops):
    assert llmops("cache", "status").stdout.startswith("0 stored answers\n")


def test_semantic_caching_is_refused_with_the_reason(folder, refused):
    (folder / "llmops.toml").write_text("[cache]\nsemantic = true\n")
    said = refused("cache", "status")
    assert "cache.semantic: it cannot be turned on" in said
    assert "measure-semantic" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"a": "x"}\n', "a and b must be texts"), ("no json\n", "pairs.jsonl")],
)
def test_pairs_that_are_none(folder, refused, text, said):
    (folder / "pairs.jsonl").write_text(text)
    assert said in refused("cache", "measure-semantic", "pairs.jsonl")


@pytest.mark.slow
def test_what_minilm_makes_of_near_misses(folder, llmops, embedded_models):
    rows = [
        ("Can I return it within 30 days?", "Can I return it after 30 days?", False),
        ("Convert 5 USD to EUR", "Convert 5 EUR to USD", False),
        ("How do I enable two-factor login?", "How do I disable two-factor login?", False),
        ("Where is my parcel?", "Has my order been shipped yet?", True),
        ("I forgot my password", "How can I get back into my account?", True),
    ]
    lines = [json.dumps({"a": a, "b": b, "same": same}) for a, b, same in rows]
    (folder / "pairs.jsonl").write_text("\n".join(lines) + "\n")
    body = json.loads(llmops("cache", "measure-semantic", "pairs.jsonl", "--json").stdout)
    assert body["usable"] is None
    nearest, farthest = body["nearest_different"][0], body["farthest_same"][0]
    assert nearest["similarity"] > 0.9
    assert farthest["similarity"] < 0.75
    text = llmops("cache", "measure-semantic", "pairs.jsonl").stdout
    assert "It stays off" in text
    assert "false hits" in text
