"""One answer as a sample: what the model said, what it took, and nothing sensitive in it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmops_magics.datasets.case import Case
from llmops_magics.evals.group import group_of
from llmops_magics.evals.run import Sample, Score
from llmops_magics.models.chat import ChatResponse
from llmops_magics.record import canonical_json
from llmops_magics.redaction import redact, redact_value, redact_words, sensitive_words


def unanswered(case: Case, repeat: int) -> Sample:
    """Return the sample of a case that nobody answered yet."""
    return Sample(
        case_id=case.id,
        repeat=repeat,
        inputs=case.inputs,
        expected=case.expected,
        output="",
        error="",
        scores=(),
        latency_ms=None,
        input_tokens=None,
        output_tokens=None,
        cost_usd=None,
        tags=case.tags,
        group=group_of(case),
    )


def answered(sample: Sample, response: ChatResponse, scores: tuple[Score, ...]) -> Sample:
    """Fill in what the target said, and what was said of it."""
    usage = response.usage
    return replace(
        sample,
        output=output_of(response),
        scores=scores,
        latency_ms=response.latency_ms,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=cost_of(response),
        trace_id=response.trace_id,
        model=response.model,
        tool_calls=response.tool_calls,
        cached=response.cached,
    )


def output_of(response: ChatResponse) -> str:
    """Return the answer's text; of one that only calls tools, the calls as canonical JSON."""
    if response.text or not response.tool_calls:
        return response.text
    return canonical_json(list(response.tool_calls)).decode()


def cost_of(response: ChatResponse) -> Decimal | None:
    """Return the price of a call in US dollars, None where it is unknown."""
    return None if response.cost_usd is None else Decimal(response.cost_usd)


def as_it_is(sample: Sample) -> Sample:
    """Return the sample, unmasked."""
    return sample


def masked(sample: Sample) -> Sample:
    """Mask secrets and personal data in everything that is written down."""
    output, context = redact(sample.output), redact(sample.context)
    tool_calls = tuple(redact_value(list(sample.tool_calls)))
    answer = (sample.output, sample.context, sample.tool_calls)
    words = sensitive_words([*answer, sample.inputs, sample.expected])
    return replace(
        sample,
        is_masked=sample.is_masked or (output, context, tool_calls) != answer,
        tool_calls=tool_calls,
        context=context,
        inputs=redact_value(sample.inputs),
        expected=redact_value(sample.expected),
        output=output,
        error=redact(sample.error),
        scores=tuple(_masked_score(score, words) for score in sample.scores),
    )


def _masked_score(score: Score, words: frozenset[str]) -> Score:
    """Mask a score; its reason and its label may quote a part of what is masked elsewhere."""
    value = redact_words(score.value, words) if isinstance(score.value, str) else score.value
    scorer, dot, key = score.scorer.partition(".")
    name = f"{scorer}.{redact(key)}" if dot else scorer  # a scorer of several may use any key
    return replace(score, scorer=name, value=value, reason=redact_words(score.reason, words))
