from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.function_target import function_target
from llmops_magics.evals.redteam.inputs import find_inputs, surface_of
from llmops_magics.evals.target import PromptTarget
from llmops_magics.prompts.version import Message, PromptVersion


def prompt(*variables, **changes):
    fields = {
        "name": "p", "number": 1, "digest": "sha256:p", "messages": (), "model": "", "settings": {},
        "description": "", "variables": variables, "message": "", "author": "", "created_at": "",
        "source": "",
    }  # fmt: skip
    return PromptTarget(version=PromptVersion(**{**fields, **changes}))


def test_inputs_are_found_by_their_names():
    found = find_inputs(prompt("context", "question", "tone", sample={"tone": "kind"}))
    assert (found.question, found.context, found.fixed) == ("question", "context", {"tone": "kind"})
    assert find_inputs(prompt("question", "tone")).fixed == {"tone": "n/a"}


def test_the_only_input_is_the_question():
    assert find_inputs(prompt("country")).question == "country"
    assert find_inputs(prompt("context", "country")).question == "country"


def test_it_can_be_said_which_input_is_which():
    found = find_inputs(prompt("a", "b"), question="a", context="b")
    assert (found.question, found.context, found.fixed) == ("a", "b", {})
    with pytest.raises(UsageError, match="no input 'c'"):
        find_inputs(prompt("a", "b"), question="c")
    with pytest.raises(UsageError, match="cannot be told"):
        find_inputs(prompt("a", "b"))
    with pytest.raises(UsageError, match="cannot be told"):
        find_inputs(prompt())


def test_a_function_is_asked_by_its_parameters():
    def chain(question, documents=()): ...
    def agent(messages): ...
    def whole(case): ...

    assert find_inputs(function_target(chain)).context == "documents"
    assert find_inputs(function_target(agent)).messages == "messages"
    assert find_inputs(function_target(whole)).question == "question"


def test_the_tools_of_a_prompt_are_what_attacks_name():
    tools = [{"type": "function", "function": {"name": "refund"}}, {"name": "look_up"}]
    system = (Message(role="system", content="You are kind."),)
    surface = surface_of(prompt("question", settings={"tools": tools}, messages=system), ["KITE"])
    assert (surface.tools, surface.has_system) == (("refund", "look_up"), True)
    assert surface.canaries == ("KITE",)
    assert not surface_of(prompt("question")).has_system
    assert not surface_of(function_target(lambda question: "")).has_system
