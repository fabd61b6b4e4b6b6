"""The boundaries of the model client: what goes in is checked before a call, what comes out after.

It stands inside tracing and outside the cache. So the decision is in the trace of the call, an
answer from the cache is checked like any other, and neither the endpoint nor the cache sees what is
redacted or refused of a question. Of an answer the cache has what the model said, unless it holds
what redaction always masks. What is kept of the messages in the call's span is what may be kept.

Only calls of this client are checked. What other code sends with ``openai`` itself is traced, not
held: give its text to ``workspace.guard.boundary`` or ``workspace.guard.stream``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from opentelemetry import trace as otel

from llmops_magics.errors import BlockedError
from llmops_magics.guard.boundary import attribute
from llmops_magics.guard.boundary.boundaries import Boundaries
from llmops_magics.guard.boundary.crossing import Outcome, Setting
from llmops_magics.guard.boundary.message import (
    crossings_of,
    crossings_of_answer,
    system_prompt_of,
    with_checked,
    with_checked_answer,
)
from llmops_magics.guard.boundary.policy import strictest
from llmops_magics.guard.boundary.taint import mark_untrusted
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.interceptor import Call
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import messages_attribute


class GuardInterceptor:
    """Checks calls; ``describe`` gives what the span of a call says of its answer."""

    def __init__(
        self, boundaries: Boundaries, describe: Callable[[ChatResponse], Mapping[str, Any]]
    ) -> None:
        self._boundaries = boundaries
        self._describe = describe

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Check what goes in, call on, check what comes out. Raises ``BlockedError``."""
        setting = Setting(
            prompt=request.prompt_ref, system_prompt=system_prompt_of(request.messages)
        )
        sent, before = await self._check_request(request, setting)
        response = await call_next(sent)
        return await self._check_answer(response, setting, before)

    async def _check_request(
        self, request: ChatRequest, setting: Setting
    ) -> tuple[ChatRequest, Outcome]:
        crossings = crossings_of(request.messages)
        if any(crossing.boundary == "tool_result" for crossing in crossings):
            mark_untrusted("a tool's result in the messages")

        def note(outcome: Outcome) -> None:
            if not outcome.is_clean and self._boundaries.keeps_content:
                kept = with_checked(request.messages, [each.kept for each in outcome.checked])
                _on_span({semconv.INPUT_MESSAGES: messages_attribute(kept)})
            _say(outcome)

        try:
            outcome = await self._boundaries.check_async(crossings, setting, note)
        except BlockedError:
            raise
        except BaseException:  # nobody could decide what of the messages may be kept
            _on_span({semconv.INPUT_MESSAGES: "[]"} if self._boundaries.keeps_content else {})
            raise
        if outcome.texts == tuple(crossing.text for crossing in crossings):
            return request, outcome
        return replace(request, messages=with_checked(request.messages, outcome.texts)), outcome

    async def _check_answer(
        self, response: ChatResponse, setting: Setting, before: Outcome
    ) -> ChatResponse:
        crossings = crossings_of_answer(response)

        def note(outcome: Outcome) -> None:
            if not outcome.is_clean:  # should it be refused, the span says what it cost
                kept = with_checked_answer(response, [each.kept for each in outcome.checked])
                _on_span(self._describe(kept))
            _say(before, outcome)

        outcome = await self._boundaries.check_async(crossings, setting, note)
        if outcome.texts == tuple(crossing.text for crossing in crossings):
            return response
        return with_checked_answer(response, outcome.texts)


def _say(*outcomes: Outcome) -> None:
    """Put the strictest action so far on the span of the call."""
    actions = (each.decision.action for outcome in outcomes for each in outcome.checked)
    _on_span({attribute.ACTION: strictest(actions)})


def _on_span(attributes: Mapping[str, Any]) -> None:
    otel.get_current_span().set_attributes(dict(attributes))
