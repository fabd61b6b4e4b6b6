from __future__ import annotations

import asyncio
import functools

import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorer import run_scorer
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.function import as_scorer, scorer

CONTEXT = ScorerContext(
    output="Paris", expected="paris", inputs={"q": "?"}, case_id="c1", latency_ms=12.5
)


def values(made):
    return {score.scorer: score.value for score in asyncio.run(made.score(CONTEXT))}


def test_a_function_gets_what_it_asks_for():
    @scorer
    def fast(latency_ms, case_id, inputs, *, output):
        return (latency_ms, case_id, inputs, output) == (12.5, "c1", {"q": "?"}, "Paris")

    assert values(fast) == {"fast": True}


def test_a_function_may_ask_for_the_whole_context():
    @scorer(name="length")
    async def any_name(ctx):
        return len(ctx.output)

    assert values(any_name) == {"length": 5.0}


def test_settings_with_a_default_are_the_functions_own():
    def close(output, /, expected, ratio=0.5, **options):
        return ratio

    assert values(as_scorer(close)) == {"close": 0.5}
    assert values(as_scorer(functools.partial(close, ratio=0.7), name="near")) == {"near": 0.7}


def test_an_unknown_parameter_is_refused_with_the_known_ones():
    def wrong(answer):
        return True

    with pytest.raises(ScorerError, match=r"asks for 'answer'.*output, expected, inputs"):
        as_scorer(wrong)


def test_unknown_needs_are_refused():
    with pytest.raises(ScorerError, match="gold"):
        scorer(name="x", needs={"gold"})(lambda output: True)


def test_a_parameter_without_default_is_needed():
    assert as_scorer(lambda output, expected: 1, name="a").needs == {"expected"}
    assert as_scorer(lambda output, expected=None: 1, name="b").needs == frozenset()
    assert as_scorer(lambda expected: 1, name="c", needs=set()).needs == frozenset()


def test_a_decorated_function_can_still_be_called():
    @scorer
    def upper(output):
        return output.isupper()

    assert upper("A") is True


def test_what_a_score_is_called_stays_within_the_scorer():
    @scorer
    def mine(output):
        return [Score(scorer="", value=True), Score(scorer="other", value=1, reason="why")]

    assert values(mine) == {"mine": True, "mine.other": 1.0}


def test_an_object_with_an_async_call_is_awaited():
    class Slow:
        async def __call__(self, output):
            return "label"

    assert values(as_scorer(Slow())) == {"Slow": "label"}


def test_a_function_may_ask_for_all_that_is_known_of_a_case():
    case = Case(id="c1", inputs={}, tags=("a",), metadata={"m": 1})
    context = ScorerContext(
        output="", case=case, tags=case.tags, metadata=case.metadata, repeat=2,
        tool_calls=({"id": "t"},), trace_id="t1", output_tokens=3,
    )  # fmt: skip

    @scorer
    def everything(*, case, tags, metadata, repeat, tool_calls, trace_id, output_tokens):
        return str([case.id, tags, metadata, repeat, len(tool_calls), trace_id, output_tokens])

    (score,) = asyncio.run(everything.score(context))
    assert score.value == "['c1', ('a',), {'m': 1}, 2, 1, 't1', 3]"


def test_a_trace_that_nobody_kept_is_not_applicable():
    made = as_scorer(lambda trace: True, name="t")
    (score,) = asyncio.run(run_scorer(made, CONTEXT))
    assert (score.applicable, score.reason) == (False, "the run keeps no trace of the case")
    assert as_scorer(lambda trace=None: True, name="t").needs == frozenset()


def test_a_misspelt_parameter_is_met_with_the_right_one():
    with pytest.raises(ScorerError, match=r"'expcted'.*Did you mean 'expected'"):
        as_scorer(lambda output, expcted: True, name="x")
