"""A version that nobody registered: the base with a part of a change, if that can stand alone."""

from __future__ import annotations

import dataclasses

from jinja2 import TemplateSyntaxError

from llmops_magics.errors import PromptError, PromptSyntaxError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.version import PromptVersion

DRAFT = 0  # the number of what is not registered: no reference means it


def draft(base: PromptVersion, content: PromptContent) -> PromptVersion:
    """Return ``content`` as a draft of the base's prompt, with the base's sample.

    Raises ``PromptSyntaxError`` for content that cannot stand alone.
    """
    fields = {f.name: getattr(content, f.name) for f in dataclasses.fields(content)}
    return dataclasses.replace(
        base,
        **fields,
        number=DRAFT,
        digest=content.digest,
        variables=_variables(content),
        message="",
        author="",
        created_at="",
        source="",
        labels=(),
        tags={},
        is_new=False,
        diff=None,
    )


def _variables(content: PromptContent) -> tuple[str, ...]:
    """Return what the templates read, once it is certain that this is a prompt."""
    if not content.messages:
        raise PromptSyntaxError("it has no message")
    if "tool_choice" in content.settings and not content.settings.get("tools"):
        raise PromptSyntaxError("`tool_choice` needs tools")
    if any(not message.content.strip() for message in content.messages):
        raise PromptSyntaxError("a message is empty")
    try:
        variables = variables_of(content)
    except PromptError:
        raise
    except (TemplateSyntaxError, SyntaxError, ValueError, RecursionError) as error:
        raise PromptSyntaxError(f"the template does not compile: {error}") from error
    undeclared = [name for name in variables if content.inputs and name not in content.inputs]
    if undeclared:
        raise PromptSyntaxError(f"it reads {', '.join(undeclared)}, which `inputs` lack")
    return variables
