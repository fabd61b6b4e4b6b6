"""pairwise: a judge model's word on which is better, the answer or the baseline's.

1 for the answer, 0 for the baseline's, 0.5 for neither; needs a baseline and a judge model. The
judge is not told which is which, and is asked in both orders: where its verdict changes with the
order it decides nothing, which is 0.5 and a reason that begins with "position-dependent". Equal
answers are 0.5, and no judge is asked.

A judge that prefers what stands first is a known bias: Zheng et al. (2023), arXiv:2306.05685,
section 3.3, who also score a change of mind as a tie.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.judged import consult, judge_scorer, question_of
from llmops_magics.evals.scorers.text import shorten, squeeze

NAME = "pairwise"
PROMPT = "judge/pairwise"
POSITION_DEPENDENT = "position-dependent"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "better": {"type": "string", "enum": ["first", "second", "tie"]},
    },
    "required": ["reason", "better"],
    "additionalProperties": False,
}
WORTH = {"first": 1.0, "tie": 0.5, "second": 0.0}


async def _judge(context: ScorerContext) -> Score:
    candidate, baseline = context.output, context.baseline_output or ""
    if squeeze(candidate) == squeeze(baseline):
        return Score(scorer="", value=0.5, reason="the answers are equal")
    as_first = await _compare(context, candidate, baseline)
    as_second = await _compare(context, baseline, candidate)
    value, turned = WORTH[as_first["better"]], 1 - WORTH[as_second["better"]]
    if value == turned:
        return Score(scorer="", value=value, reason=shorten(as_first["reason"], 300))
    said = f"{as_first['better']} with the candidate first, {as_second['better']} with it second"
    return Score(scorer="", value=0.5, reason=f"{POSITION_DEPENDENT}: {said}")


async def _compare(context: ScorerContext, first: str, second: str) -> dict[str, Any]:
    texts = {
        "question": question_of(context),
        "context": context.context,
        "first": first,
        "second": second,
    }
    return await consult(context, PROMPT, texts, SCHEMA)


SCORER = judge_scorer(NAME, {"baseline"}, _judge, __name__)
