"""The model client, with the chain of interceptors in its fixed order.

A model call passes, from the outside in: routing, tracing, the guard, the cache, limits and
retries, the spending cap, budgets, pricing, then the wire. What stands inside the limits is passed
by every try. A call for vectors passes the same without routing, the guard and the cache. In the
kernel of a gate calls are recorded, or answered from a record: what came back outside the cache,
what reached the caller outside tracing.

The guard is there where ``llmops.toml`` has a section ``[guard]``. Inside tracing, its decisions
are in the trace of the call; outside the cache, a stored answer is checked like a new one, and what
is redacted or refused of a question is never sent or stored. The cache keeps an answer as the model
gave it. Each model that a router tries is a call of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llmops_magics.workspace.foundation import Foundation
from llmops_magics.workspace.recording import Recording
from llmops_magics.workspace.spending import Spending

if TYPE_CHECKING:
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.workbench.guarding import Guarding


def open_client(
    base: Foundation,
    recording: Recording,
    spending: Spending,
    *,
    client: Callable[[], ModelClient],
    prompts: Callable[[], PromptRegistry],
    guard: Callable[[], Guarding],
) -> ModelClient:
    """Return the client; ``client`` gives it again to the checks of a router, with ``prompts``."""
    from llmops_magics.models.cache import CachingInterceptor, ResponseCache
    from llmops_magics.models.client import ModelClient
    from llmops_magics.models.limits import LimitInterceptor
    from llmops_magics.models.recorded import RecordedCalls, RecordedEmbeddings, Witness
    from llmops_magics.release.execution.recording import open_recording
    from llmops_magics.tracing import semconv
    from llmops_magics.tracing.embedding import EmbeddingTracing
    from llmops_magics.workbench.routing import routing_interceptor

    settings = base.settings
    answers = ResponseCache(base.open_store, settings.cache)
    routing = routing_interceptor(
        settings, tracing=recording.tracing, client=client, prompts=prompts
    )
    limited = (
        LimitInterceptor(settings),
        spending.cap,
        spending.budgeting,
        spending.pricing,
    )
    tracing = recording.interceptor
    guarding = (guard().interceptor(tracing.of_response),) if settings.is_guarded else ()
    record = open_recording()
    seen = (Witness(record),) if record else ()
    kept = (RecordedCalls(record, settings, semconv.CASE_ID),) if record else ()
    vectors = (RecordedEmbeddings(record, settings, semconv.CASE_ID),) if record else ()
    caching = CachingInterceptor(answers, settings)
    return ModelClient(
        settings,
        (routing, *seen, tracing, *guarding, *kept, caching, *limited),
        embedding_interceptors=(EmbeddingTracing(recording.tracing), *vectors, *limited),
        on_close=answers.close,
        asks=record is None or record.is_live,
    )
