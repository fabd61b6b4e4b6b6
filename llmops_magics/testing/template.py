"""Answer templates: Jinja in a sandbox, where a name that does not exist is an error."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import PromptSyntaxError, RenderError, SandboxError

if TYPE_CHECKING:
    from jinja2 import Template

    from llmops_magics.testing.call import Call

VARIABLES = "user, system, messages, model and n"


@lru_cache(maxsize=256)
def compile_template(source: str) -> Template:
    """Compile ``source`` once; raises ``PromptSyntaxError`` where it does not parse."""
    from jinja2 import StrictUndefined, TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True
    )
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise PromptSyntaxError(
            f"The answer template does not parse, line {error.lineno}: {error.message}.",
            hint=f"It is a Jinja template and may use {VARIABLES}.",
        ) from error


def render_template(source: str, call: Call) -> str:
    """Render ``source`` with the request; raises ``RenderError`` where that fails."""
    from jinja2.exceptions import SecurityError

    variables: dict[str, Any] = {
        "user": call.user,
        "system": call.system,
        "messages": call.messages,
        "model": call.model,
        "n": call.number,
    }
    try:
        return compile_template(source).render(variables)
    except SecurityError as error:
        raise SandboxError(f"The answer template left the sandbox: {error}.") from error
    except Exception as error:  # a template may raise anything that an expression can raise
        raise RenderError(
            f"The answer template {source!r} cannot be rendered: {error}.",
            hint=f"It may use {VARIABLES}.",
        ) from error
