"""A magic of one operation, in a real shell."""

from __future__ import annotations

import pytest
from IPython.core.magic import Magics, magics_class

from llmops_magics.command.operation import Operation, argument
from llmops_magics.errors import UsageError
from llmops_magics.magics.single import SingleMagic, asking


def call(context, args):
    context.progress("look", 1, 1)
    if args.word == "none":
        raise UsageError("there is nothing.", hint="Say another word.")
    return context.workspace.root, context.namespace[args.word]


LOOK = Operation(
    name="look",
    summary="Look a word up.",
    example="look it",
    arguments=(argument("word", metavar="WORD"),),
    call=call,
)


@magics_class
class OwnMagics(Magics):
    one_look = SingleMagic.of("one_look", LOOK, "other").method()
    one_question = SingleMagic(
        "one_question",
        summary="Ask.",
        arguments=(),
        examples=("",),
        call=asking(lambda _context, _args, console: console.confirm("It costs.")),
    ).method()


@pytest.fixture
def own(shell):
    shell.ip.register_magics(OwnMagics)
    return shell


def test_the_call_gets_workspace_variables_and_progress(own, folder):
    own.ip.push({"it": 7})
    assert own.ok("%one_look it").value == (folder, 7)


def test_help_is_the_docstring_and_has_every_example(own):
    shown = own.ok("%one_look --help").out
    assert shown.strip() == OwnMagics.one_look.__doc__.strip()
    assert shown.rstrip().endswith("example:\n  %one_look it\n  %one_look other")


def test_errors_are_one_red_line(own):
    assert own.refused("%one_look none") == "there is nothing. Say another word."
    assert "are required: WORD. See %one_look --help." in own.refused("%one_look")


def test_a_question_is_asked_in_the_notebook(own, monkeypatch):
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "y")
    assert own.ok("%one_question").value is True
    assert asked == ["It costs. Go on? [y/N] "]
