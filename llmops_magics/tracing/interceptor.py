"""Record each of our own model calls as a GenAI ``chat`` span."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from opentelemetry import trace as otel
from opentelemetry.trace import SpanKind

from llmops_magics.errors import ModelError
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.interceptor import Call
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import messages_attribute
from llmops_magics.tracing.pipeline import Tracing, fail


class TracingInterceptor:
    """Opens a span around the call; with ``capture_content`` its messages go in, redacted.

    With ``is_current`` what stands further in makes its spans below it, and may add to it.
    """

    def __init__(
        self, tracing: Tracing, *, capture_content: bool, is_current: bool = False
    ) -> None:
        self._tracing = tracing
        self._capture_content = capture_content
        self._is_current = is_current

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Trace one call; its trace id goes into the response."""
        span = self._tracing.start(
            f"chat {request.model}", self._of_request(request), SpanKind.CLIENT
        )
        try:
            with (
                otel.use_span(span, record_exception=False, set_status_on_exception=False)
                if self._is_current
                else nullcontext()
            ):
                response = await call_next(request)
            span.set_attributes(self.of_response(response))
        except BaseException as error:  # a cancelled call is no answer either
            fail(span, error)
            if isinstance(error, ModelError) and error.tries > 1:
                span.set_attribute(semconv.RETRIES, error.tries - 1)
            raise
        finally:
            span.end()
        trace_id = otel.format_trace_id(span.get_span_context().trace_id)
        return replace(response, trace_id=trace_id)

    def _of_request(self, request: ChatRequest) -> dict[str, Any]:
        endpoint, _, _ = request.model.partition("/")
        attributes: dict[str, Any] = {
            semconv.OPERATION: "chat",
            semconv.PROVIDER: endpoint,
            semconv.REQUEST_MODEL: request.model,
            semconv.PURPOSE: request.purpose,
            **request.attributes,
        }
        if request.prompt_ref:
            attributes[semconv.PROMPT_REF] = request.prompt_ref
        for setting, name in _SETTINGS.items():
            if setting in request.settings:
                attributes[name] = request.settings[setting]
        if self._capture_content:
            attributes[semconv.INPUT_MESSAGES] = messages_attribute(request.messages)
        return attributes

    def of_response(self, response: ChatResponse) -> dict[str, Any]:
        """Return what the span of a call says of its answer."""
        attributes: dict[str, Any] = {
            semconv.RESPONSE_MODEL: response.model,
            semconv.RESPONSE_ID: response.response_id,
            semconv.FINISH_REASONS: [response.finish_reason],
        }
        attributes |= _saved(response) if response.cached else _spent(response)
        if response.retries:
            attributes[semconv.RETRIES] = response.retries
        if self._capture_content:
            answer = {
                "role": "assistant",
                "content": response.text,
                "tool_calls": response.tool_calls,
            }
            attributes[semconv.OUTPUT_MESSAGES] = messages_attribute([answer])
        return attributes


def _spent(response: ChatResponse) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if response.usage is not None:
        attributes[semconv.INPUT_TOKENS] = response.usage.input_tokens
        attributes[semconv.OUTPUT_TOKENS] = response.usage.output_tokens
        attributes[semconv.CACHED_INPUT_TOKENS] = response.usage.cached_input_tokens
        if response.usage.reasoning_tokens:
            attributes[semconv.REASONING_TOKENS] = response.usage.reasoning_tokens
    if response.cost_usd is not None:
        attributes[semconv.COST_USD] = response.cost_usd
    terms = {
        semconv.PRICE_SOURCE: response.price_source,
        semconv.PRICE_SINCE: response.price_since,
        semconv.SERVICE_TIER: response.service_tier,
        semconv.BILLED_S: response.billed_s,
    }
    return attributes | {name: said for name, said in terms.items() if said not in ("", None)}


def _saved(response: ChatResponse) -> dict[str, Any]:
    """Say that nothing was spent: no tokens, and a cost that is known to be 0."""
    attributes: dict[str, Any] = {semconv.CACHE_HIT: True, semconv.COST_USD: "0"}
    if response.cost_usd is not None:
        attributes[semconv.SAVED_COST_USD] = response.cost_usd
    return attributes


_SETTINGS = {
    "temperature": semconv.REQUEST_TEMPERATURE,
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "service_tier": semconv.REQUEST_SERVICE_TIER,
}
