"""Record each of our own embedding calls as a GenAI ``embeddings`` span.

The texts are no part of it: they are whole corpora, which the index holds. Their number is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opentelemetry import trace as otel
from opentelemetry.trace import SpanKind

from llmops_magics.errors import ModelError
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.interceptor import EmbeddingCall
from llmops_magics.tracing import semconv
from llmops_magics.tracing.pipeline import Tracing, fail


class EmbeddingTracing:
    """Opens a span around the call; its trace id goes into the response."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    async def intercept(
        self, request: EmbeddingRequest, call_next: EmbeddingCall
    ) -> EmbeddingResponse:
        """Trace one call."""
        span = self._tracing.start(
            f"embeddings {request.model}", _of_request(request), SpanKind.CLIENT
        )
        try:
            response = await call_next(request)
            span.set_attributes(_of_response(response))
        except BaseException as error:  # a cancelled call is no answer either
            fail(span, error)
            if isinstance(error, ModelError) and error.tries > 1:
                span.set_attribute(semconv.RETRIES, error.tries - 1)
            raise
        finally:
            span.end()
        trace_id = otel.format_trace_id(span.get_span_context().trace_id)
        return replace(response, trace_id=trace_id)


def _of_request(request: EmbeddingRequest) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        semconv.OPERATION: "embeddings",
        semconv.PROVIDER: request.model.partition("/")[0],
        semconv.REQUEST_MODEL: request.model,
        semconv.PURPOSE: request.purpose,
        semconv.EMBEDDED: len(request.texts),
        **request.attributes,
    }
    return attributes | ({semconv.PROMPT_REF: request.prompt_ref} if request.prompt_ref else {})


def _of_response(response: EmbeddingResponse) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        semconv.RESPONSE_MODEL: response.model,
        semconv.EMBEDDING_DIMENSION: int(response.vectors.shape[1]),
    }
    if response.usage is not None and not response.cached:
        attributes[semconv.INPUT_TOKENS] = response.usage.input_tokens
    if response.cached:  # out of a record: nothing was spent
        return attributes | {semconv.CACHE_HIT: True, semconv.COST_USD: "0"}
    if response.retries:
        attributes[semconv.RETRIES] = response.retries
    terms = {
        semconv.COST_USD: response.cost_usd,
        semconv.PRICE_SOURCE: response.price_source,
        semconv.PRICE_SINCE: response.price_since,
        semconv.SERVICE_TIER: response.service_tier,
        semconv.BILLED_S: response.billed_s,
    }
    return attributes | {name: said for name, said in terms.items() if said not in ("", None)}
