"""A store with versions of a prompt, and what environments serve of it written straight."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import release_state


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def registry(store):
    registry = PromptRegistry(store, actor=lambda: "ada")
    for text in ("one", "two", "three"):
        registry.register("a", f"user:\n{text}")
    return registry


@pytest.fixture
def serve(store, registry):
    """``serve(stable, candidate, share=…)`` writes the next state of ``a@production``."""
    done = []

    def body(number):
        return number and {
            "prompt": "a",
            "number": number,
            "prompt_digest": registry.get(f"a@{number}").digest,
            "model": f"openai/model-{number}",
            "settings_digest": "sha256:0",
            "index": {"docs": f"sha256:index{number}"},
        }

    def write(stable, candidate=None, *, state="serving", share=0.0, held=None, **plan):
        done.append(stable)
        row = {
            "environment": "production", "prompt": "a", "label": "production",
            "generation": len(done), "action": "promote", "state": state,
            "stable": body(stable), "candidate": body(candidate), "held": body(held),
            "back": 0, "share": share, "salt": "a:r1", "rollout_id": "r1",
            "plan": RolloutPlan(**plan).to_dict(), "step": 0, "actor": "ada", "reason": "",
            "evidence": [], "at": "2026-11-24T00:00:00.000000Z",
        }  # fmt: skip
        with store.write() as connection:
            connection.execute(insert(release_state), row)

    return write
