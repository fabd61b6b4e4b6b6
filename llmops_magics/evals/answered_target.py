"""The answers of a stored run as a target: scored again, with no call of the model under test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import ModelError
from llmops_magics.evals.target import Answer
from llmops_magics.models.chat import ChatResponse, Usage
from llmops_magics.record import canonical_json

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.run import EvalRun, Sample
    from llmops_magics.evals.target import Call
    from llmops_magics.tracing.trace import Trace


@dataclass(frozen=True, kw_only=True)
class AnsweredTarget:
    """What ``run`` answered; ``trace_of`` finds the trace of an answer where it is stored."""

    run: EvalRun
    name: str
    number: int
    trace_of: Callable[[str], Trace | None] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """The target that was asked."""
        return self.run.prompt

    @property
    def digest(self) -> str:
        """The digest of the target that was asked."""
        return self.run.prompt_digest

    def check(self, cases: Sequence[Case], dataset: str) -> None:
        """Refuse nothing: every case was answered."""

    async def answer(self, case: Case, call: Call) -> Answer:  # noqa: ARG002  (a Target's)
        """Return the stored answer; raises ``ModelError`` where the call had failed."""
        sample = self.run.samples[call.position * self.run.repeats + call.repeat]
        if sample.error:
            raise ModelError(sample.error)
        return Answer(
            response=_response(sample),
            context=sample.context or None,
            trace_id=sample.trace_id,
            trace=self.trace_of(sample.trace_id),
            is_masked=sample.is_masked,
        )


def _response(sample: Sample) -> ChatResponse:
    usage = None
    if sample.input_tokens is not None:
        usage = Usage(input_tokens=sample.input_tokens, output_tokens=sample.output_tokens or 0)
    is_only_calls = sample.output == canonical_json(list(sample.tool_calls)).decode()
    return ChatResponse(
        text="" if sample.tool_calls and is_only_calls else sample.output,
        model=sample.model,
        finish_reason="",
        usage=usage,
        response_id="",
        latency_ms=sample.latency_ms or 0.0,
        endpoint="",
        cost_usd=None if sample.cost_usd is None else format(sample.cost_usd, "f"),
        tool_calls=sample.tool_calls,
        cached=True,
    )
