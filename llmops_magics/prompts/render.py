"""Templates and variables to chat messages, in the sandbox and within its limits."""

from __future__ import annotations

import difflib
import re
import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Template, TemplateSyntaxError, UndefinedError, meta
from jinja2.exceptions import SecurityError

from llmops_magics.errors import LlmopsError, RenderError, SandboxError
from llmops_magics.prompts.limit import MAX_SECONDS, Budget, metered
from llmops_magics.prompts.sandbox import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmops_magics.prompts.version import Message

_UNDEFINED_NAME = re.compile(r"^'([^']+)' is undefined$")


def render(
    messages: Iterable[Message],
    variables: Mapping[str, Any],
    *,
    seconds: float = MAX_SECONDS,
) -> list[dict[str, str]]:
    """Return messages as the chat API takes them: ``[{"role": …, "content": …}]``.

    Variables that no template reads are ignored. ``seconds`` limits the whole rendering.
    Raises ``RenderError`` for a variable that is missing, for what a template cannot compute and
    for a limit that is reached, and ``SandboxError`` for an attempt to leave the sandbox.
    """
    messages = tuple(messages)
    given = {str(name): value for name, value in variables.items()}
    with metered(Budget(seconds)):
        return [
            {"role": message.role, "content": _render_one(message, given, messages)}
            for message in messages
        ]


def read_variables(contents: Iterable[str]) -> tuple[str, ...]:
    """Return the names that templates read from outside, sorted."""
    return tuple(sorted(set().union(*(_variables(content) for content in contents))))


@lru_cache(maxsize=512)
def compile_template(content: str) -> Template:
    """Compile one message; raises Jinja's ``TemplateSyntaxError`` and, for deep nesting, others."""
    return ENVIRONMENT.from_string(content)


@lru_cache(maxsize=512)
def _variables(content: str) -> frozenset[str]:
    return frozenset(meta.find_undeclared_variables(ENVIRONMENT.parse(content)))


def _render_one(message: Message, variables: dict[str, Any], messages: Sequence[Message]) -> str:
    try:
        return "".join(compile_template(message.content).generate(variables))
    except LlmopsError:
        raise
    except SecurityError as error:
        raise SandboxError(
            f"The {message.role} message tries to leave the sandbox: {str(error).rstrip('.')}.",
            hint="Compute the value in the notebook and pass it as a variable.",
        ) from error
    except UndefinedError as error:
        raise _missing(message, error, variables, messages) from error
    except (TemplateSyntaxError, SyntaxError) as error:
        raise RenderError(f"The {message.role} message does not parse: {error}.") from error
    except RecursionError as error:
        raise RenderError(f"The {message.role} message is nested too deeply.") from error
    except Exception as error:
        # Anything may come out of a template's expressions and of the variables' own methods.
        raise RenderError(
            f"The {message.role} message could not be rendered{_where(error)}: "
            f"{type(error).__name__}: {error}".rstrip(": ")
        ) from error


def _missing(
    message: Message,
    error: UndefinedError,
    variables: Mapping[str, Any],
    messages: Sequence[Message],
) -> RenderError:
    match = _UNDEFINED_NAME.match(str(error))
    reads = ", ".join(read_variables(m.content for m in messages)) or "no variable"
    if match is None:
        return RenderError(
            f"The {message.role} message reads something that is not there{_where(error)}: "
            f"{error}.",
            hint=f"The template reads: {reads}.",
        )
    close = difflib.get_close_matches(match[1], variables, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    given = ", ".join(sorted(variables)) or "none"
    return RenderError(
        f"The variable {match[1]!r} is missing (the {message.role} message reads it).{meant}",
        hint=f"The template reads: {reads}. Given: {given}.",
    )


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
    return f" (line {lines[-1]} of it)" if lines else ""
