"""A workspace with a judge behind a real endpoint, and labelled answers."""

from __future__ import annotations

import json

import pytest

from llmops_magics.evals.calibration.record import Requirements
from llmops_magics.testing import Reply
from llmops_magics.workbench.calibration import CalibrationRequest, Calibrations
from llmops_magics.workspace import Workspace

CONTEXT = "Refunds take five days. Shipping is free."


def labelled(n=60, **more):
    """Answers that are alternately right and wrong, in the words of the context all of them."""
    return [
        {
            "id": f"c{i:02}",
            "question": f"Question {i}?",
            "context": CONTEXT,
            "answer": "Refunds take five days." if i % 2 else "Shipping take free days.",
            "label": "supported" if i % 2 else "unsupported",
            **more,
        }
        for i in range(n)
    ]


def is_right(request):
    return "Refunds take five days.\n</answer" in request["messages"][-1]["content"]


def verdict(faithful):
    return json.dumps({"unsupported": [] if faithful else ["That."], "faithful": faithful})


def honest(request):
    return Reply(verdict(is_right(request)))


class Bench:
    """Calibrates in a workspace of its own; ``server`` counts what was asked."""

    def __init__(self, folder, server):
        self.workspace = Workspace(folder)
        self.server = server

    def calibrate(self, labels=None, judge="faithfulness", **options):
        workspace = self.workspace
        calibrations = Calibrations(
            store=workspace.store,
            prompts=workspace.prompts.registry,
            datasets=workspace.datasets.registry,
            client=workspace.client,
            settings=workspace.settings,
        )
        requirements = Requirements(**options.pop("required", {}))
        return calibrations.calibrate(
            CalibrationRequest(
                judge=judge,
                labels=labelled() if labels is None else labels,
                requirements=requirements,
                **options,
            )
        )


@pytest.fixture
def bench(folder, endpoint):
    """``bench(answer)`` starts a judge that answers so."""
    made = []
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\njudge = 'openai/judge'\n")

    def start(answer=honest):
        made.append(Bench(folder, endpoint(answer)))
        return made[-1]

    yield start
    for each in made:
        each.workspace.close()


@pytest.fixture
def cases_of():
    return labelled


@pytest.fixture
def say():
    """``say(True)`` is the JSON of a verdict; ``say.right(request)`` whether the answer is."""
    verdict.right = is_right
    return verdict
