"""Scoring one answer: what a scorer is, how one is found or made, and a run that cannot abort.

Whatever a scorer does (raises, hangs, returns NaN), ``run_scorer`` returns scores.
"""

from __future__ import annotations

import asyncio

from llmops_magics.errors import CostCapError, ReplayMissError
from llmops_magics.evals.raised import describe, is_own
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import Ask, Embed, Scorer, ScorerContext, unmet_need
from llmops_magics.evals.scorers.contract import missing as missing_score
from llmops_magics.evals.scorers.function import FunctionScorer, as_scorer, scorer
from llmops_magics.evals.scorers.registry import SCORERS, resolve
from llmops_magics.evals.scorers.result import as_scores

__all__ = [
    "SCORERS",
    "Ask",
    "Embed",
    "FunctionScorer",
    "Scorer",
    "ScorerContext",
    "as_scorer",
    "resolve",
    "run_scorer",
    "scorer",
]

TIMEOUT_S = 60.0


async def run_scorer(
    scorer: Scorer,
    context: ScorerContext,
    timeout_s: float = TIMEOUT_S,
) -> tuple[Score, ...]:
    """Return the scorer's scores of one answer; a failure is a score that is missing, with why.

    A case that lacks what the scorer needs is not applicable, and the scorer is not called. After
    ``timeout_s`` a scorer is left behind: only an async one that blocks the loop cannot be.
    """
    unmet = unmet_need(scorer, context)
    if unmet is not None:
        return (unmet,)
    deadline = asyncio.timeout(timeout_s)
    try:
        async with deadline:
            result = await scorer.score(context)
        return as_scores(scorer.name, result)
    except (CostCapError, ReplayMissError):  # they end the run
        raise
    except BaseException as error:  # a scorer may raise anything
        if not is_own(error):
            raise
        return (missing_score(scorer.name, _why(error, deadline, timeout_s)),)


def _why(error: BaseException, deadline: asyncio.Timeout, timeout_s: float) -> str:
    if isinstance(error, TimeoutError) and deadline.expired():
        if timeout_s <= 0:
            return "the case's time was up before the scorer was done"
        return f"the scorer took longer than {timeout_s:.3g} s"
    return describe(error)
