from __future__ import annotations

import pytest

from llmops_magics.config.settings import load_settings
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.errors import RequestRejectedError
from llmops_magics.models.client import ModelClient
from llmops_magics.models.embedding import EmbeddingRequest
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.tracing.embedding import EmbeddingTracing

MODEL = "openai/text-embedding-3-small"


@pytest.fixture
def embed(tmp_path, tracing):
    links = (EmbeddingTracing(tracing), PricingInterceptor(PriceBook()))
    client = ModelClient(load_settings(tmp_path), embedding_interceptors=links)
    yield lambda *texts: LOOP.run(client.embed(EmbeddingRequest(model=MODEL, texts=texts)))
    client.close()


def test_a_call_is_a_span_with_the_conventions_attributes(embed, serve, spans):
    serve("", embeddings=Reply(usage=(500_000, 0), model="dated"))
    response = embed("one", "two secret words")
    (span,) = spans
    assert (span.name, span.status, span.trace_id) == (
        f"embeddings {MODEL}",
        "ok",
        response.trace_id,
    )
    attributes = dict(span.attributes)
    assert attributes.pop("llmops.price.source").startswith("genai-prices")
    attributes.pop("llmops.price.since", None)
    assert attributes == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.response.model": "dated",
        "gen_ai.embeddings.dimension.count": 384,
        "gen_ai.usage.input_tokens": 500_000,
        "llmops.cost.usd": "0.01",  # 0.02 US dollars a million
        "llmops.embedding.count": 2,
        "llmops.purpose": "embed",
    }


def test_a_call_that_fails_is_a_failed_span(embed, serve, spans):
    serve("", embeddings=Reply.error(400, "no such model"))
    with pytest.raises(RequestRejectedError):
        embed("one")
    assert spans[0].status == "error"
