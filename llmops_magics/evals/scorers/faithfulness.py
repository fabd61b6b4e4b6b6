"""faithfulness: a judge model's word on whether the context supports every claim of the answer.

An assertion; needs a context and a judge model. The judge names the unsupported claims, which are
the reason. It is asked again once when its answer cannot be used, and after that the score is
missing: a failed judge is neither a pass nor a fail. Which judge it is counts as much as the
prompt, so calibrate it before a gate relies on it.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext, not_applicable
from llmops_magics.evals.scorers.judged import consult, judge_scorer, texts_of
from llmops_magics.evals.scorers.text import shorten

NAME = "faithfulness"
PROMPT = "judge/faithfulness"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "unsupported": {"type": "array", "items": {"type": "string"}},
        "faithful": {"type": "boolean"},
    },
    "required": ["unsupported", "faithful"],
    "additionalProperties": False,
}
TEXTS = ("context", "question", "answer")


async def _judge(context: ScorerContext) -> Score:
    if not context.output.strip():
        return not_applicable(NAME, "the answer is empty")
    texts = {name: text for name, text in texts_of(context).items() if name in TEXTS}
    answer = await consult(context, PROMPT, texts, SCHEMA, find_nonsense)
    claims = "; ".join(shorten(claim) for claim in answer["unsupported"])
    reason = "" if answer["faithful"] else f"unsupported: {claims}"
    return Score(scorer="", value=answer["faithful"], reason=reason)


def find_nonsense(answer: dict[str, Any]) -> str:
    """Return what contradicts itself in an answer of the right form, "" for nothing."""
    claims = [claim for claim in answer["unsupported"] if claim.strip()]
    if answer["faithful"] == bool(claims):
        return '"faithful" contradicted the list of unsupported claims.'
    return ""


SCORER = judge_scorer(NAME, {"context"}, _judge, __name__)
