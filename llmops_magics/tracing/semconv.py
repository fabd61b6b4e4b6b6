"""Names of span attributes, in one place.

``gen_ai.*`` follows OpenTelemetry's GenAI semantic conventions, which are still in development and
still move; what is ours begins with ``llmops.``. A golden test pins both.
"""

from __future__ import annotations

from typing import Final

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_INPUT_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
ERROR_TYPE: Final = "error.type"

PROMPT_REF: Final = "llmops.prompt.ref"
PURPOSE: Final = "llmops.purpose"
COST_USD: Final = "llmops.cost.usd"
PRICE_SOURCE: Final = "llmops.price.source"
SAVED_COST_USD: Final = "llmops.cost.saved_usd"  # of an answer from the cache
CACHE_HIT: Final = "llmops.cache.hit"
RETRIES: Final = "llmops.retries"
CASE_ID: Final = "llmops.case.id"
RUN_ID: Final = "llmops.run.id"
CELL_NUMBER: Final = "llmops.cell.number"
CELL_DIGEST: Final = "llmops.cell.digest"
NOTEBOOK: Final = "llmops.notebook"

MODEL_OPERATIONS: Final = frozenset({"chat", "text_completion", "generate_content", "embeddings"})
