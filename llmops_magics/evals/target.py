"""What an eval asks: a prompt version, or a Python function that may be a whole RAG chain or agent.

A target answers one case at a time. What it is goes by a digest, as everything that decides.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from llmops_magics.datasets.case import Case
from llmops_magics.errors import DatasetError
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.prompts.image import NO_FILES, ImageReader
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.record import digest
from llmops_magics.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.models.client import ModelClient
    from llmops_magics.tracing.pipeline import Collected
    from llmops_magics.tracing.trace import Trace


@dataclass(frozen=True, kw_only=True)
class Call:
    """What one answer is asked with: the model and its client, and where the answer belongs."""

    client: ModelClient
    model: str
    run_id: str
    repeat: int  # counts the answers to a case from 0
    position: int  # of the case in the dataset
    trace: Collected
    images: ImageReader = NO_FILES


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a target answered: the response, the messages it was asked with, what it retrieved.

    ``context`` is None where the target does not say; the case's own is then meant. ``trace_id`` is
    set where the answer was given earlier, ``trace`` where its trace is kept; ``is_masked`` says
    that it is not as it came.
    """

    response: ChatResponse
    messages: list[dict[str, Any]] = field(default_factory=list)
    context: str | None = None
    trace_id: str = ""
    trace: Trace | None = None
    is_masked: bool = False


class Target(Protocol):
    """What is evaluated."""

    @property
    def name(self) -> str:
        """The prompt's name, or ``python:`` and the function's."""

    @property
    def number(self) -> int:
        """The version's number, 0 for what has none."""

    @property
    def digest(self) -> str:
        """The content address of what decides the answers, the model apart."""

    @property
    def ref(self) -> str:
        """How it is named in tables and reports."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that the model is called with."""

    def check(self, cases: Sequence[Case], dataset: str) -> None:
        """Raise ``DatasetError`` for a case that it cannot answer, before any call."""

    async def answer(self, case: Case, call: Call) -> Answer:
        """Answer one case; what it raises is the sample's error."""


@dataclass(frozen=True, kw_only=True)
class PromptTarget:
    """A prompt version; ``overrides`` are settings that stand in for its own."""

    version: PromptVersion
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.version.name

    @property
    def number(self) -> int:
        """The version's number."""
        return self.version.number

    @property
    def ref(self) -> str:
        """``name@number``."""
        return self.version.ref

    @property
    def digest(self) -> str:
        """The version's digest; with overrides one of both, as it is another thing then."""
        if not self.overrides:
            return self.version.digest
        return digest({"prompt": self.version.digest, "settings": dict(self.overrides)})

    @property
    def settings(self) -> Mapping[str, Any]:
        """The version's settings with the overrides."""
        return {**self.version.settings, **self.overrides}

    def check(self, cases: Sequence[Case], dataset: str) -> None:
        """Refuse a case that lacks a variable which has no default."""
        refuse_lacking(cases, dataset, self.version.required, self.ref)

    async def answer(self, case: Case, call: Call) -> Answer:
        """Render the prompt and call the model."""
        attributes = {semconv.CASE_ID: case.id, semconv.RUN_ID: call.run_id}
        request = replace(
            self.request(case, call.model, images=call.images, repeat=call.repeat),
            attributes=attributes,
        )
        return Answer(response=await call.client.chat(request), messages=list(request.messages))

    def request(self, case: Case, model: str, *, images: ImageReader, repeat: int) -> ChatRequest:
        """Return the call that answers a case.

        A case has columns for other prompts too: those that this one does not read go.
        """
        return ChatRequest(
            model=model,
            messages=tuple(render_prompt(self.version, case.inputs, images=images, strict=False)),
            settings=self.settings,
            prompt_ref=self.ref,
            repeat=repeat,
        )


def refuse_lacking(
    cases: Sequence[Case], dataset: str, required: Sequence[str], reader: str
) -> None:
    """Raise ``DatasetError`` for a case without one of the ``required`` inputs."""
    for case in cases:
        missing = [name for name in required if name not in case.inputs]
        if missing:
            columns = sorted(case.inputs)
            raise DatasetError(
                f"case {case.id!r} of {dataset} lacks {', '.join(missing)}, which {reader} reads.",
                hint=f"Its columns are {', '.join(columns) or 'none'}; add the missing one, or "
                "rename the variable that reads it.",
            )


def timed_response(
    text: str, started: float, call: Call, tool_calls: tuple[dict[str, Any], ...] = ()
) -> ChatResponse:
    """Return the answer of code as a response; ``started`` is ``time.perf_counter()`` before.

    Tokens and cost are those of the model calls made under the open trace: None where there was
    none, and no cost while the price of one is unknown.
    """
    from llmops_magics.models.chat import Usage

    latency_ms = (time.perf_counter() - started) * 1000
    totals = call.trace.totals
    usage = Usage(input_tokens=totals.input_tokens, output_tokens=totals.output_tokens)
    is_priced = totals.calls > 0 and totals.unpriced_calls == 0
    return ChatResponse(
        text=text,
        model="",
        finish_reason="",
        usage=usage if totals.calls else None,
        response_id="",
        latency_ms=latency_ms,
        endpoint="",
        cost_usd=format(totals.cost_usd, "f") if is_priced else None,
        tool_calls=tool_calls,
    )
