"""Try a prompt: its messages with the variables filled in, and one answer of a model.

What is shown of a trial is masked like everything else that a notebook keeps; what the model was
sent is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.prompts.image import ImageReader
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.rendered import PromptAnswer, RenderedPrompt
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.redaction import redact, redact_value


def preview(
    version: PromptVersion, given: Mapping[str, Any], *, model: str, images: ImageReader
) -> RenderedPrompt:
    """Return what a model would be sent; what is not given comes from the prompt's sample."""
    sampled = {name: value for name, value in version.sample.items() if name not in given}
    variables = {**sampled, **given}
    return RenderedPrompt(
        ref=version.ref,
        digest=version.digest,
        model=model,
        messages=tuple(render_prompt(version, variables, images=images)),
        settings=version.settings,
        variables=_with_defaults(version, variables),
        sampled=tuple(sorted(sampled)),
    )


def ask(
    version: PromptVersion,
    given: Mapping[str, Any],
    *,
    model: str,
    images: ImageReader,
    call: Callable[[ChatRequest], ChatResponse],
    attributes: Mapping[str, str] | None = None,
) -> PromptAnswer:
    """Call a model once and return what it said; ``attributes`` go into the trace."""
    request = ChatRequest(
        model=model,
        messages=tuple(render_prompt(version, given, images=images)),
        settings=version.settings,
        prompt_ref=version.ref,
        attributes=attributes or {},
    )
    response = call(request)
    usage = response.usage
    return PromptAnswer(
        ref=version.ref,
        model=model,
        resolved_model=response.model,
        text=response.text,
        tool_calls=response.tool_calls,
        finish_reason=response.finish_reason,
        variables=_with_defaults(version, given),
        latency_ms=response.latency_ms,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=response.cost_usd,
        trace_id=response.trace_id,
    )


def masked_preview(rendered: RenderedPrompt) -> RenderedPrompt:
    """Mask secrets and personal data in what is shown of a rendering."""
    messages = tuple(
        {**message, "content": _masked_content(message["content"])} for message in rendered.messages
    )
    return replace(rendered, messages=messages, variables=redact_value(rendered.variables))


def masked_answer(answer: PromptAnswer) -> PromptAnswer:
    """Mask secrets and personal data in what is shown of an answer."""
    return replace(
        answer,
        text=redact(answer.text),
        tool_calls=redact_value(answer.tool_calls),
        variables=redact_value(answer.variables),
    )


def _masked_content(content: Any) -> Any:
    if isinstance(content, str):
        return redact(content)
    return [{**part, "text": redact(part["text"])} if "text" in part else part for part in content]


def _with_defaults(version: PromptVersion, given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {n: s["default"] for n, s in version.inputs.items() if "default" in s}
    return {**defaults, **given}
