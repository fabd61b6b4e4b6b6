"""One door to all scorers, with parameters as text: ``judge("numeric(rel=0.05)", "3", 3)``."""

from __future__ import annotations

import asyncio

import pytest

from llmops_magics.evals.scorer import ScorerContext, resolve, run_scorer


def run_spec(spec, output="", expected=None, **more):
    """Return the scores of one answer by name."""
    (made,) = resolve([spec])
    context = ScorerContext(output=output, expected=expected, **more)
    return {score.scorer: score for score in asyncio.run(run_scorer(made, context))}


@pytest.fixture
def judge():
    """``judge(spec, output, expected, ...)`` returns the scorer's first score."""
    return lambda spec, output="", expected=None, **more: next(
        iter(run_spec(spec, output, expected, **more).values())
    )


@pytest.fixture
def judge_all():
    """As ``judge``, but the values of all scores by name."""
    return lambda *args, **more: {
        name: score.value for name, score in run_spec(*args, **more).items()
    }
