"""A store with a prompt of four versions, its environment, and spans of both arms."""

from __future__ import annotations

import time
from itertools import count

import pytest

from llmops_magics.errors import ReleaseConflictError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import read_pointers
from llmops_magics.release.approval.bundle import bundle_of
from llmops_magics.release.environment import promotion, stepping
from llmops_magics.release.environment.state import Move
from llmops_magics.storage.query import reader_of
from llmops_magics.storage.store import Store
from llmops_magics.tracing import semconv
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span

NAME = "support/answer"
GUARD = "error_rate non_inferior 0.01"


class Production:
    """``production`` of one store; it is what a watch may change, with nobody asking for more."""

    def __init__(self, url: str, store: Store | None = None) -> None:
        self.url = url
        self.store = store or Store.open(url)
        self.registry = PromptRegistry(self.store, actor=lambda: "ada")
        self._numbers = count()

    def begin(self, *steps: float, **plan) -> None:
        """Serve version 1 and begin a rollout of version 2."""
        for text in ("one", "two"):
            self.registry.register(NAME, f"user:\n{text}")
        self.promote(1, RolloutPlan())
        self.promote(2, RolloutPlan(steps=steps, **{"hold_s": 0.0, "guards": (GUARD,), **plan}))

    def promote(self, number: int, plan: RolloutPlan):
        bundle = bundle_of(self.registry.get(f"{NAME}@{number}"), model="openai/gpt-4.1-mini")
        return self._change(promotion.promote, bundle, plan)

    def pause(self):
        return self._change(stepping.pause)

    def under_way(self):
        with self.store.read() as connection:
            return tuple(p for p in read_pointers(reader_of(connection)) if p.is_under_way)

    @property
    def pointer(self):
        with self.store.read() as connection:
            return read_pointers(reader_of(connection))[0]

    def step(self, rollout_id, generation, share, **how):
        return self._change(stepping.step, share, expected=generation, **how)

    def complete(self, rollout_id, generation, **how):
        return self._change(stepping.complete, expected=generation, **how)

    def rollback_rollout(self, rollout_id, generation, **how):
        return self._change(stepping.abort, expected=generation, **how)

    def _change(self, act, *arguments, by="ada", reason="why", evidence=(), **more):
        move = Move(environment="production", prompt=NAME, label="production", actor=by,
                    reason=reason, evidence=tuple(evidence), **more)  # fmt: skip
        with self.store.write(lock=f"prompt {NAME}") as connection:
            return act(connection, move, *arguments)

    def spans(self, arm: str, n: int, *, errors: int = 0, started_ns: int = 0, **attributes):
        """Store n calls of an arm, of which the first so many failed."""
        own = {
            semconv.OPERATION: "chat",
            semconv.REQUEST_MODEL: "openai/gpt-4.1-mini",
            semconv.PURPOSE: "generate",
            semconv.RELEASE_ROLLOUT: self.pointer.rollout_id,
            semconv.RELEASE_ARM: arm,
            semconv.COST_USD: "0.002",
            **attributes,
        }
        spans = []
        for i in range(n):
            number = next(self._numbers)
            failed = {semconv.ERROR_TYPE: "EndpointError"} if i < errors else {}
            spans.append(
                Span(
                    trace_id=f"{number:032x}",
                    span_id=f"{number:016x}",
                    parent_id=None,
                    name="chat",
                    started_ns=started_ns or time.time_ns(),
                    duration_ms=100.0 + i % 10,
                    status="error" if i < errors else "ok",
                    attributes={**own, **failed},
                )
            )
        store_spans(self.store, spans)
        return spans


@pytest.fixture
def production(tmp_path):
    made = Production(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield made
    made.store.close()


@pytest.fixture
def conflict():
    return ReleaseConflictError
