from __future__ import annotations

import sys

import pytest

from llmops_magics.command.target import read_target, split_targets
from llmops_magics.errors import UsageError


class Chain:
    """A chain with a method."""

    def answer(self, question):
        return question


def chain(question):
    return question


NAMESPACE = {"chain": chain, "rag": Chain(), "number": 3}


def read(written, prompts=()):
    return read_target(written, NAMESPACE, lambda name: name in prompts)


@pytest.mark.parametrize(
    "written", ["support/answer", "chain@3", "chain@sha256:ab12cd34", "number"]
)
def test_what_is_a_prompt_stays_as_it_stands(written):
    assert read(written) == written


@pytest.mark.parametrize("written", ["chain", ":chain"])
def test_a_function_of_the_notebook(written):
    assert read(written) is chain


@pytest.mark.parametrize("written", ["rag.answer", ":rag.answer"])
def test_a_method_of_the_notebook(written):
    assert read(written)("x") == "x"


def test_a_word_that_is_both_is_refused_and_both_ways_out_work():
    with pytest.raises(UsageError, match="a prompt and a function") as refused:
        read("chain", prompts=["chain"])
    assert "chain@N" in refused.value.hint
    assert ":chain" in refused.value.hint
    assert read("chain@1", prompts=["chain"]) == "chain@1"
    assert read(":chain", prompts=["chain"]) is chain


def test_a_function_of_a_module_of_this_folder(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    (folder / "my_chains_of_test.py").write_text("def answer(q): return q + '!'\nTEXT = 'x'")
    assert read("my_chains_of_test:answer")("a") == "a!"
    with pytest.raises(UsageError, match="is a str, not a function"):
        read("my_chains_of_test:TEXT")
    with pytest.raises(UsageError, match="holds no 'other'"):
        read("my_chains_of_test:other")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (":nothing", "no function 'nothing'"),
        (":number", "is a int, not a function"),
        ("no_such_module:answer", "cannot be imported"),
    ],
)
def test_what_is_not_there_is_said(written, said):
    with pytest.raises(UsageError, match=said):
        read(written)


def test_a_module_that_fails_says_how(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (folder / "broken_chains_of_test.py").write_text("1 / 0")
    with pytest.raises(UsageError, match="ZeroDivisionError"):
        read("broken_chains_of_test:answer")


def test_targets_are_split_at_commas():
    assert split_targets(["a, b", "c,"]) == ["a", "b", "c"]
    assert split_targets([""]) == []
