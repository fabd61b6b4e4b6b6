"""A store with three versions of a prompt, and the changes of an environment said briefly."""

from __future__ import annotations

import pytest

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.approval.bundle import bundle_of
from llmops_magics.release.environment import promotion, rollback, stepping
from llmops_magics.release.environment.state import Move
from llmops_magics.storage.store import Store

NAME = "support/answer"


class Environment:
    """The environment ``production`` of one store, with nobody asking for evidence."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.registry = PromptRegistry(store, actor=lambda: "ada")
        for text in ("one", "two", "three", "four"):
            self.registry.register(NAME, f"user:\n{text}")

    def bundle(self, number: int):
        return bundle_of(self.registry.get(f"{NAME}@{number}"), model="openai/gpt-4.1-mini")

    def change(self, act, *arguments, reason: str = "why", **more):
        move = Move(
            environment="production",
            prompt=NAME,
            label="production",
            actor="ada",
            reason=reason,
            **more,
        )
        with self.store.write(lock=f"prompt {NAME}") as connection:
            return act(connection, move, *arguments)

    def promote(self, number: int, *steps: float, labelled=None, expected=None, **plan):
        def act(connection, move):
            made = RolloutPlan(steps=steps, **plan)
            bundle = self.bundle(number)
            return promotion.promote(connection, move, bundle, made, labelled=labelled)

        return self.change(act, expected=expected)

    def rollback(self, to: int = 0):
        return self.change(lambda connection, move: rollback.rollback(connection, move, to=to))

    def step(self, share: float, **more):
        return self.change(stepping.step, share, **more)

    def label(self) -> int:
        return self.registry.get(f"{NAME}@production").number


@pytest.fixture
def environment(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield Environment(store)
    store.close()
