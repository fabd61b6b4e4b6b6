"""Prompt versions, a scripted endpoint, and all that it takes to measure the one on the other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import insert

sys.path.append(str(Path(__file__).parent))  # for reviewed and matrix_runs

from llmops_magics.config.settings import load_settings
from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.evals.attribution.measure import Measurer
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.runner import EvalRunner
from llmops_magics.evals.sampling import Equipment
from llmops_magics.evals.scorer import resolve
from llmops_magics.models.client import ModelClient
from llmops_magics.models.loop import LOOP
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.version import Message, PromptVersion
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import prompt_version
from llmops_magics.tracing.pipeline import Tracing

MODEL = "openai/scripted"


def make_version(system="You are kind.", number=1, name="p", **content) -> PromptVersion:
    """A version with a system message and the question."""
    messages = (Message(role="system", content=system), Message(role="user", content="{{ q }}"))
    body = PromptContent(messages=content.pop("messages", messages), **content)
    return PromptVersion(
        **{field: getattr(body, field) for field in body.__dataclass_fields__},
        name=name,
        number=number,
        digest=body.digest,
        description="",
        variables=variables_of(body),
        message=f"change {number}",
        author="ada",
        created_at=f"2026-11-23T00:00:{number:02d}.000000Z",
        source=system,
    )


def make_dataset(cases=20, name="questions"):
    rows = [{"id": f"c{i}", "q": f"question {i}?", "expected": "yes"} for i in range(cases)]
    return dataset_from_rows(rows, name)


class Bench:
    """A store and a scripted endpoint. ``asked`` counts the calls the endpoint got."""

    def __init__(self, store, server, folder):
        self.store, self.server = store, server
        self.client = ModelClient(load_settings(folder))
        self.dataset = make_dataset()
        self.scorers = resolve(["contains"])

    @property
    def asked(self):
        return len(self.server.requests)

    def run(self, plan, **options):
        tracing = Tracing(lambda _: None)
        equipment = Equipment(client=self.client, tracing=tracing, **options)
        return LOOP.run(EvalRunner(equipment, RunHistory(self.store)).run(plan))

    def measurer(self, **options):
        return Measurer(self.run, self.store, **options)

    def bound(self, scorers=None, dataset=None, model=MODEL, **options):
        chosen = resolve(scorers) if scorers else self.scorers
        return self.measurer(**options).bind(dataset or self.dataset, chosen, lambda _: model)

    def register(self, *versions):
        """Write the versions into the store, as the registry would."""
        with self.store.write() as connection:
            for version in versions:
                fields = ("name", "number", "digest", "source", "message", "author", "created_at")
                row = {field: getattr(version, field) for field in fields}
                content = PromptContent.of(version).to_json()
                connection.execute(insert(prompt_version).values(**row, content=content))


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def bench(store, tmp_path, scripted_server, monkeypatch):
    """``bench(answer)`` starts an endpoint that answers so."""
    made = []

    def start(answer="yes"):
        (tmp_path / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
        server = scripted_server(answer)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        made.append(Bench(store, server, tmp_path))
        return made[-1]

    yield start
    for each in made:
        each.client.close()


@pytest.fixture
def version():
    return make_version


@pytest.fixture
def dataset():
    return make_dataset
