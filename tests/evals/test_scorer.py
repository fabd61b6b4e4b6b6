from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorer import (
    SCORERS,
    ScorerContext,
    as_scorer,
    resolve,
    run_scorer,
    scorer,
)
from llmops_magics.workspace import Workspace

CONTEXT = ScorerContext(output="Paris", expected="Paris", context="Paris is in France.")


def run(made, context=CONTEXT, timeout_s=60):
    return asyncio.run(run_scorer(made, context, timeout_s))


def test_a_scorer_that_raises_is_a_missing_score():
    def broken(output):
        return 1 / 0

    (score,) = run(as_scorer(broken))
    assert (score.value, score.applicable) == (None, True)
    assert score.reason == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        StopIteration(),
        TimeoutError("mine"),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
    ],
)
def test_no_exception_aborts_a_run(error):
    @scorer
    def broken(output):
        raise error

    @scorer(name="awaited")
    async def broken_async(output):
        raise error

    for made in (broken, broken_async):
        (score,) = run(made)
        assert (score.value, score.applicable) == (None, True)


def test_a_sync_function_that_hangs_does_not_freeze_the_loop():
    @scorer
    def hangs(output):
        time.sleep(20)

    async def both():
        quick = asyncio.create_task(asyncio.sleep(0.01, "alive"))
        (score,) = await run_scorer(hangs, CONTEXT, 0.2)
        return score, quick.result()

    started = time.monotonic()
    score, alive = asyncio.run(both())
    assert alive == "alive"
    assert score.reason == "the scorer took longer than 0.2 s"
    assert time.monotonic() - started < 15


def test_a_function_that_hangs_does_not_keep_the_process_alive():
    program = """
import asyncio, time
from llmops_magics.evals.scorer import ScorerContext, as_scorer, run_scorer
hangs = as_scorer(lambda output: time.sleep(60), name="hangs")
print(asyncio.run(run_scorer(hangs, ScorerContext(output=""), 0.1))[0].reason)
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert "longer than 0.1 s" in finished.stdout


def test_an_async_scorer_has_the_same_time_limit():
    @scorer
    async def hangs(output):
        await asyncio.sleep(20)

    assert "longer than 0.05 s" in run(hangs, timeout_s=0.05)[0].reason


@pytest.mark.parametrize("expected", [None, "", [], float("nan")])
def test_a_case_without_expected_is_not_applicable(expected):
    context = ScorerContext(output="Paris", expected=expected)
    (score,) = run(SCORERS["exact_match"], context)
    assert (score.value, score.applicable) == (None, False)
    assert score.reason == "the case has no expected answer"


def test_a_case_without_context_is_not_applicable():
    (score,) = run(SCORERS["groundedness"], ScorerContext(output="Paris"))
    assert (score.applicable, score.reason) == (False, "the case has no context")


def test_a_run_without_judge_or_embedder_has_missing_scores():
    for name in ("faithfulness", "embedding_similarity"):
        (score,) = run(SCORERS[name])
        assert (score.value, score.applicable) == (None, True)
        assert "model is" in score.reason


def test_a_scorer_of_ones_own_class_needs_no_base():
    class Shout:
        name = "shout"
        digest = "sha256:0"
        needs = frozenset()

        async def score(self, context):
            return Score(scorer="shout", value=context.output.isupper())

    (made,) = resolve([Shout()])
    assert run(made)[0].value is False


def test_functions_must_have_a_usable_name():
    with pytest.raises(ScorerError, match="lambda"):
        as_scorer(lambda output: True)


def test_a_run_gives_a_scorer_all_that_it_knows_of_a_case(tmp_path, scripted_server, monkeypatch):
    server, seen = scripted_server("yes"), []
    monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)

    @scorer
    def spy(ctx):
        seen.append(ctx)
        return True

    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "Say {{ word }}")
    rows = [{"id": "c0", "word": "yes", "tags": ["a"], "metadata": {"m": 1}}]
    scorers = [spy, "length(max_words=1)"]
    run = workspace.evaluate("p", rows, scorers, model="openai/scripted", repeats=2)
    workspace.close()
    assert [sample.value("length") for sample in run.samples] == [True, True]
    assert {ctx.repeat for ctx in seen} == {0, 1}
    first = seen[0]
    assert (first.case.id, first.tags, first.metadata) == ("c0", ("a",), {"m": 1})
    assert (first.output, first.tool_calls, first.trace) == ("yes", (), None)
    assert first.output_tokens > 0
    assert first.trace_id
