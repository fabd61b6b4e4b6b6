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
    "ERROR_TYPE": "error.type",
    "PROMPT_REF": "llmops.prompt.ref",
    "PURPOSE": "llmops.purpose",
    "COST_USD": "llmops.cost.usd",
    "PRICE_SOURCE": "llmops.price.source",
    "SAVED_COST_USD": "llmops.cost.saved_usd",
    "CACHE_HIT": "llmops.cache.hit",
    "RETRIES": "llmops.retries",
    "CASE_ID": "llmops.case.id",
    "RUN_ID": "llmops.run.id",
    "CELL_NUMBER": "llmops.cell.number",
    "CELL_DIGEST": "llmops.cell.digest",
    "NOTEBOOK": "llmops.notebook",
    "MODEL_OPERATIONS": frozenset({"chat", "text_completion", "generate_content", "embeddings"}),
}


def test_every_name_is_pinned():
    assert {name: value for name, value in vars(semconv).items() if name.isupper()} == NAMES


def test_the_standards_names_are_those_of_the_installed_conventions():
    from opentelemetry.semconv._incubating.attributes import error_attributes, gen_ai_attributes

    modules = (gen_ai_attributes, error_attributes)
    known = [name for m in modules for name in vars(m).values() if isinstance(name, str)]
    standard = [v for v in NAMES.values() if isinstance(v, str) and not v.startswith("llmops.")]
    assert [name for name in standard if name not in known] == []
