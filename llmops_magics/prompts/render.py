"""Templates and variables to chat messages, in the sandbox and within its limits."""

from __future__ import annotations

import difflib
import re
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from llmops_magics.errors import LlmopsError, RenderError, SandboxError
from llmops_magics.prompts.album import Album, collecting
from llmops_magics.prompts.compilation import (
    COMPILE_ERRORS,
    compile_template,
    explain,
    read_variables,
)
from llmops_magics.prompts.image import NO_FILES, ImageReader
from llmops_magics.prompts.inputs import fill
from llmops_magics.prompts.limit import MAX_SECONDS, Budget, metered
from llmops_magics.prompts.shot import (
    example_templates,
    example_variables,
    last_user,
    listed,
    shows_examples,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_magics.prompts.content import PromptContent
    from llmops_magics.prompts.version import Inclusion, Message, PromptVersion

_UNDEFINED_NAME = re.compile(r"^'([^']+)' is undefined$")


class _Turn(NamedTuple):
    """One message to be rendered; ``what`` names it in an error."""

    role: str
    content: str
    variables: Mapping[str, Any]
    what: str


def render_prompt(
    prompt: PromptVersion | PromptContent,
    variables: Mapping[str, Any],
    *,
    images: ImageReader = NO_FILES,
    strict: bool = True,
    seconds: float = MAX_SECONDS,
) -> list[dict[str, Any]]:
    """Return a prompt as the chat API takes it, with its examples and images.

    Where the prompt declares inputs, defaults are filled in and every variable is checked;
    without ``strict`` one that is not declared is dropped instead of refused. A message that
    shows images has a list of parts as its content. ``seconds`` limits the whole rendering.
    Raises ``RenderError`` for a variable that is missing or ill-typed, for what a template cannot
    compute and for a limit that is reached, and ``SandboxError`` for an attempt to leave the
    sandbox.
    """
    given = {str(name): value for name, value in variables.items()}
    try:
        if prompt.inputs:
            given = fill(prompt.inputs, given, required=variables_of(prompt), strict=strict)
        turns = _turns(prompt, given)
    except (TemplateSyntaxError, *COMPILE_ERRORS) as error:
        raise RenderError(f"The prompt does not parse: {explain(error)}.") from error
    return _render_all(turns, prompt.includes, Album(prompt.images, images), seconds)


def variables_of(prompt: PromptVersion | PromptContent) -> tuple[str, ...]:
    """Return the names that a rendering of the prompt reads from outside, sorted."""
    read = read_variables((m.content for m in prompt.messages), prompt.includes)
    return tuple(name for name in read if name != "examples") if prompt.examples else read


def _turn(message: Message, variables: Mapping[str, Any]) -> _Turn:
    return _Turn(
        role=message.role,
        content=message.content,
        variables=variables,
        what=f"{message.role} message",
    )


def _turns(prompt: PromptVersion | PromptContent, variables: dict[str, Any]) -> list[_Turn]:
    """Return the messages with the examples in their place, before the last user message."""
    if prompt.examples is None:
        return [_turn(message, variables) for message in prompt.messages]
    if shows_examples(prompt):
        variables = {**variables, "examples": listed(prompt.examples)}
        return [_turn(message, variables) for message in prompt.messages]
    place = last_user(prompt.messages)
    shown = [
        _Turn(role=role, content=content, variables=values, what=f"{role} message of example {n}")
        for n, values in enumerate(example_variables(prompt.examples, prompt.inputs), 1)
        for role, content in example_templates(prompt.examples, prompt.messages)
    ]
    turns = [_turn(message, variables) for message in prompt.messages]
    return [*turns[:place], *shown, *turns[place:]]


def _render_all(
    turns: Sequence[_Turn], includes: tuple[Inclusion, ...], album: Album, seconds: float
) -> list[dict[str, Any]]:
    rendered = []
    with metered(Budget(seconds)), collecting(album):
        for turn in turns:
            album.role = turn.role
            text = _render_one(turn, includes, turns)
            rendered.append({"role": turn.role, "content": album.split(text)})
    return rendered


def _render_one(turn: _Turn, includes: tuple[Inclusion, ...], turns: Sequence[_Turn]) -> str:
    try:
        return "".join(compile_template(turn.content, includes).generate(turn.variables))
    except LlmopsError:
        raise
    except SecurityError as error:
        raise SandboxError(
            f"The {turn.what} tries to leave the sandbox: {str(error).rstrip('.')}.",
            hint="Compute the value in the notebook and pass it as a variable.",
        ) from error
    except UndefinedError as error:
        raise _missing(turn, error, includes, turns) from error
    except (TemplateSyntaxError, SyntaxError) as error:
        raise RenderError(f"The {turn.what} does not parse: {explain(error)}.") from error
    except RecursionError as error:
        raise RenderError(f"The {turn.what} is nested too deeply.") from error
    except Exception as error:
        # Anything may come out of a template's expressions and of the variables' own methods.
        raise RenderError(
            f"The {turn.what} could not be rendered{_where(error)}: "
            f"{type(error).__name__}: {error}".rstrip(": ")
        ) from error


def _missing(
    turn: _Turn,
    error: UndefinedError,
    includes: tuple[Inclusion, ...],
    turns: Sequence[_Turn],
) -> RenderError:
    match = _UNDEFINED_NAME.match(str(error))
    reads = ", ".join(read_variables((t.content for t in turns), includes)) or "no variable"
    if match is None:
        return RenderError(
            f"The {turn.what} reads something that is not there{_where(error)}: {error}.",
            hint=f"The template reads: {reads}.",
        )
    close = difflib.get_close_matches(match[1], turn.variables, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    given = ", ".join(sorted(turn.variables)) or "none"
    return RenderError(
        f"The variable {match[1]!r} is missing (the {turn.what} reads it).{meant}",
        hint=f"The template reads: {reads}. Given: {given}.",
    )


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
    return f" (line {lines[-1]} of it)" if lines else ""
