"""answer_relevance: a judge model's word on whether the answer addresses what was asked.

An assertion; needs a judge model. It says nothing of the truth of an answer. An empty answer is
not relevant, and no judge is asked; a case whose inputs are nothing but context is not applicable.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext, not_applicable
from llmops_magics.evals.scorers.judged import consult, judge_scorer, question_of
from llmops_magics.evals.scorers.text import shorten

NAME = "answer_relevance"
PROMPT = "judge/answer_relevance"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "relevant": {"type": "boolean"}},
    "required": ["reason", "relevant"],
    "additionalProperties": False,
}


async def _judge(context: ScorerContext) -> Score:
    question = question_of(context)
    if not question:
        return not_applicable(NAME, "the case has no question")
    if not context.output.strip():
        return Score(scorer="", value=False, reason="the answer is empty")
    texts = {"question": question, "answer": context.output}
    answer = await consult(context, PROMPT, texts, SCHEMA)
    return Score(scorer="", value=answer["relevant"], reason=shorten(answer["reason"], 300))


SCORER = judge_scorer(NAME, set(), _judge, __name__)
