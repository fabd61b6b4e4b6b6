"""Which release's prompt the spans of a block were made with.

A prompt that an environment serves says so on what is called with it: the environment, the arm, and
the rollout while one is under way. A model call that names another prompt, such as a judge's, is
left out. Guardrails of a rollout read these attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry.trace import SpanKind

from llmops_magics.tracing import semconv

_CURRENT: ContextVar[Mapping[str, str] | None] = ContextVar("llmops_served", default=None)


@contextmanager
def serving(attributes: Mapping[str, str]) -> Iterator[None]:
    """Put attributes of a release, ``llmops.prompt.ref`` among them, on the spans of a block."""
    token = _CURRENT.set(attributes)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def served_attributes() -> Mapping[str, str] | None:
    """Return what the block around says, None outside of any."""
    return _CURRENT.get()


def set_served(attributes: Mapping[str, str] | None) -> None:
    """Take over what the block of another thread says."""
    _CURRENT.set(attributes)


def fitting(attributes: Mapping[str, str], span: Any) -> Mapping[str, str]:
    """Return what of a release's attributes belongs on a span that begins.

    Its prompt is that of a call to a model only; any other span may stand around several.
    """
    said = getattr(span, "attributes", None) or {}
    named = said.get(semconv.PROMPT_REF)
    if named and named != attributes.get(semconv.PROMPT_REF):
        return {}
    if getattr(span, "kind", None) is SpanKind.CLIENT:
        return attributes
    return {k: v for k, v in attributes.items() if k != semconv.PROMPT_REF}
