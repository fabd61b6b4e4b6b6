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
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
ERROR_TYPE: Final = "error.type"
STREAM: Final = "gen_ai.request.stream"
FIRST_CHUNK_S: Final = "gen_ai.response.time_to_first_chunk"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
SERVICE_TIER: Final = "openai.response.service_tier"  # that served the call
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
DATA_SOURCE: Final = "gen_ai.data_source.id"
EMBEDDING_DIMENSION: Final = "gen_ai.embeddings.dimension.count"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"

PROMPT_REF: Final = "llmops.prompt.ref"
PURPOSE: Final = "llmops.purpose"
RELEASE_ENVIRONMENT: Final = "llmops.release.environment"
RELEASE_ROLLOUT: Final = "llmops.release.rollout"  # while it is under way, or holds back
RELEASE_ARM: Final = "llmops.release.arm"  # stable, candidate or held
RELEASE_BY: Final = "llmops.release.by"  # what gave the arm: bucket, or other (a rule, no key)
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"
COST_USD: Final = "llmops.cost.usd"
PRICE_SOURCE: Final = "llmops.price.source"
PRICE_SINCE: Final = "llmops.price.since"  # the day from which the table says it holds
BILLED_S: Final = "llmops.billed_s"  # of models that are charged by time
SAVED_COST_USD: Final = "llmops.cost.saved_usd"  # of an answer from the cache
CACHE_HIT: Final = "llmops.cache.hit"
RETRIES: Final = "llmops.retries"
CASE_ID: Final = "llmops.case.id"
RUN_ID: Final = "llmops.run.id"
CELL_NUMBER: Final = "llmops.cell.number"
CELL_DIGEST: Final = "llmops.cell.digest"
NOTEBOOK: Final = "llmops.notebook"
SPAN_KIND: Final = "llmops.span.kind"  # of a span of the user's: function, retrieval, tool, agent
INPUT: Final = "llmops.input"  # arguments of a function, as JSON
OUTPUT: Final = "llmops.output"  # what it returned, as JSON
ERROR_MESSAGE: Final = "llmops.error.message"
REPEATED: Final = "llmops.error.repeated"  # the error of a span under it, which failed the same way
RETRIEVED: Final = "llmops.retrieval.count"
EMBEDDED: Final = "llmops.embedding.count"  # texts of a call for vectors
USAGE_MISSING: Final = "llmops.usage.missing"  # a stream that was asked for no token counts
ROUTER_NAME: Final = "llmops.router.name"
ROUTER_STRATEGY: Final = "llmops.router.strategy"
ROUTER_MODEL: Final = "llmops.router.model"  # that answered
ROUTER_WHY: Final = "llmops.router.why"
ROUTER_TRIED: Final = "llmops.router.tried"  # JSON: [{model, outcome, why}], in order

RETRIEVAL: Final = "retrieval"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
MODEL_OPERATIONS: Final = frozenset({"chat", "text_completion", "generate_content", "embeddings"})
