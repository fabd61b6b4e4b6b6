from __future__ import annotations

from llmops_magics.tracing import semconv

NAMES = {
    "OPERATION": "gen_ai.operation.name",
    "PROVIDER": "gen_ai.provider.name",
    "REQUEST_MODEL": "gen_ai.request.model",
    "REQUEST_TEMPERATURE": "gen_ai.request.temperature",
    "REQUEST_MAX_TOKENS": "gen_ai.request.max_tokens",
    "RESPONSE_MODEL": "gen_ai.response.model",
    "RESPONSE_ID": "gen_ai.response.id",
    "FINISH_REASONS": "gen_ai.response.finish_reasons",
    "INPUT_TOKENS": "gen_ai.usage.input_tokens",
    "OUTPUT_TOKENS": "gen_ai.usage.output_tokens",
    "CACHED_INPUT_TOKENS": "gen_ai.usage.cache_read.input_tokens",
    "INPUT_MESSAGES": "gen_ai.input.messages",
    "OUTPUT_MESSAGES": "gen_ai.output.messages",
    "SYSTEM_INSTRUCTIONS": "gen_ai.system_instructions",
    "TOOL_DEFINITIONS": "gen_ai.tool.definitions",
    "ERROR_TYPE": "error.type",
    "STREAM": "gen_ai.request.stream",
    "FIRST_CHUNK_S": "gen_ai.response.time_to_first_chunk",
    "REASONING_TOKENS": "gen_ai.usage.reasoning.output_tokens",
    "CONVERSATION_ID": "gen_ai.conversation.id",
    "REQUEST_SERVICE_TIER": "openai.request.service_tier",
    "SERVICE_TIER": "openai.response.service_tier",
    "AGENT_NAME": "gen_ai.agent.name",
    "TOOL_NAME": "gen_ai.tool.name",
    "TOOL_ARGUMENTS": "gen_ai.tool.call.arguments",
    "TOOL_RESULT": "gen_ai.tool.call.result",
    "RETRIEVAL_QUERY": "gen_ai.retrieval.query.text",
    "RETRIEVAL_DOCUMENTS": "gen_ai.retrieval.documents",
    "DATA_SOURCE": "gen_ai.data_source.id",
    "EMBEDDING_DIMENSION": "gen_ai.embeddings.dimension.count",
    "SESSION_ID": "session.id",
    "USER_ID": "user.id",
    "PROMPT_REF": "llmops.prompt.ref",
    "PURPOSE": "llmops.purpose",
    "RELEASE_ENVIRONMENT": "llmops.release.environment",
    "RELEASE_ROLLOUT": "llmops.release.rollout",
    "RELEASE_ARM": "llmops.release.arm",
    "RELEASE_BY": "llmops.release.by",
    "EVALUATION_NAME": "gen_ai.evaluation.name",
    "EVALUATION_SCORE": "gen_ai.evaluation.score.value",
    "COST_USD": "llmops.cost.usd",
    "PRICE_SOURCE": "llmops.price.source",
    "PRICE_SINCE": "llmops.price.since",
    "BILLED_S": "llmops.billed_s",
    "SAVED_COST_USD": "llmops.cost.saved_usd",
    "CACHE_HIT": "llmops.cache.hit",
    "RETRIES": "llmops.retries",
    "CASE_ID": "llmops.case.id",
    "RUN_ID": "llmops.run.id",
    "CELL_NUMBER": "llmops.cell.number",
    "CELL_DIGEST": "llmops.cell.digest",
    "NOTEBOOK": "llmops.notebook",
    "SPAN_KIND": "llmops.span.kind",
    "INPUT": "llmops.input",
    "OUTPUT": "llmops.output",
    "ERROR_MESSAGE": "llmops.error.message",
    "REPEATED": "llmops.error.repeated",
    "RETRIEVED": "llmops.retrieval.count",
    "EMBEDDED": "llmops.embedding.count",
    "USAGE_MISSING": "llmops.usage.missing",
    "ROUTER_NAME": "llmops.router.name",
    "ROUTER_STRATEGY": "llmops.router.strategy",
    "ROUTER_MODEL": "llmops.router.model",
    "ROUTER_WHY": "llmops.router.why",
    "ROUTER_TRIED": "llmops.router.tried",
    "RETRIEVAL": "retrieval",
    "EXECUTE_TOOL": "execute_tool",
    "INVOKE_AGENT": "invoke_agent",
    "MODEL_OPERATIONS": frozenset({"chat", "text_completion", "generate_content", "embeddings"}),
}


def test_every_name_is_pinned():
    assert {name: value for name, value in vars(semconv).items() if name.isupper()} == NAMES


def test_the_standards_names_are_those_of_the_installed_conventions():
    from opentelemetry.semconv._incubating.attributes import (
        error_attributes,
        gen_ai_attributes,
        openai_attributes,
        session_attributes,
        user_attributes,
    )

    modules = (
        *(gen_ai_attributes, openai_attributes),
        *(error_attributes, session_attributes, user_attributes),
    )
    known = [name for m in modules for name in vars(m).values() if isinstance(name, str)]
    operations = gen_ai_attributes.GenAiOperationNameValues
    known += [operation.value for operation in operations]
    standard = [v for v in NAMES.values() if isinstance(v, str) and not v.startswith("llmops.")]
    assert [name for name in standard if name not in known] == []
