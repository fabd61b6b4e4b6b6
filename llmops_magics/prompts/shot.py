"""How examples enter a prompt: as turns of the conversation, or as the variable ``examples``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import PromptSyntaxError, RenderError
from llmops_magics.prompts.compilation import read_template
from llmops_magics.prompts.example import EXPECTED
from llmops_magics.prompts.value import why_not

if TYPE_CHECKING:
    from llmops_magics.prompts.content import PromptContent
    from llmops_magics.prompts.version import Example, Examples, Message, PromptVersion


def shows_examples(prompt: PromptVersion | PromptContent) -> bool:
    """Tell whether a message writes the examples itself, by reading ``examples``."""
    return any(
        "examples" in read_template(message.content, prompt.includes).variables
        for message in prompt.messages
    )


def listed(examples: Examples) -> list[dict[str, Any]]:
    """Return what the variable ``examples`` holds: each case's inputs and ``expected``."""
    return [{**case.inputs, "expected": case.expected} for case in examples.cases]


def last_user(messages: Sequence[Message]) -> int:
    """Return the index of the last user message, before which the examples stand."""
    places = [index for index, message in enumerate(messages) if message.role == "user"]
    if not places:
        raise RenderError(
            "The prompt has examples and no user message they could stand before.",
            hint="Add a user message, or write them with {% for example in examples %}.",
        )
    return places[-1]


def example_templates(
    examples: Examples, messages: Sequence[Message]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the role and the template of an example's two messages."""
    user = examples.user or messages[last_user(messages)].content
    return ("user", user), ("assistant", examples.assistant)


def example_variables(
    examples: Examples, inputs: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the variables of each example: declared defaults, its inputs and ``expected``.

    An expected value that is no text is JSON where the template is the usual ``{{ expected }}``.
    """
    defaults = {name: schema["default"] for name, schema in inputs.items() if "default" in schema}
    for case in examples.cases:
        expected = case.expected
        if examples.assistant == EXPECTED and not isinstance(expected, str):
            expected = json.dumps(expected, ensure_ascii=False)
        yield {**defaults, **case.inputs, "expected": expected}


def check_examples(content: PromptContent) -> None:
    """Refuse examples that could not be rendered, naming the example and the variable."""
    examples = content.examples
    if examples is None:
        return
    for position, case in enumerate(examples.cases, 1):
        _check_case(case, position, content.inputs)
    if shows_examples(content):
        return
    try:
        templates = example_templates(examples, content.messages)
    except RenderError as error:
        raise PromptSyntaxError(error.message, hint=error.hint) from error
    for role, template in templates:
        read = read_template(template, content.includes).variables
        for position, (case, values) in enumerate(
            zip(examples.cases, example_variables(examples, content.inputs), strict=True), 1
        ):
            missing = sorted(read - set(values))
            if missing or ("expected" in read and case.expected is None):
                lacks = missing[0] if missing else "expected"
                raise PromptSyntaxError(
                    f"Example {position} lacks {lacks!r}, which the {role} template reads.",
                    hint=f"It has: {', '.join(case.inputs) or 'no inputs'}. "
                    "Give `examples` templates of its own, `user:` and `assistant:`.",
                )


def _check_case(case: Example, position: int, inputs: Mapping[str, Mapping[str, Any]]) -> None:
    for name in case.inputs:
        reason = name in inputs and why_not(inputs[name], case.inputs[name])
        if reason:
            raise PromptSyntaxError(f"In example {position} {name!r} {reason}.")
