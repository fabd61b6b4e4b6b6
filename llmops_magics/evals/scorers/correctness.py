"""correctness: a judge model's word on whether the answer says what the expected answer says.

An assertion; needs an expected answer and a judge model. Of several accepted answers (a list) one
is enough. An empty answer is not correct, and no judge is asked.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.judged import consult, expected_of, judge_scorer, question_of
from llmops_magics.evals.scorers.text import shorten

NAME = "correctness"
PROMPT = "judge/correctness"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "correct": {"type": "boolean"}},
    "required": ["reason", "correct"],
    "additionalProperties": False,
}


async def _judge(context: ScorerContext) -> Score:
    if not context.output.strip():
        return Score(scorer="", value=False, reason="the answer is empty")
    texts = {
        "question": question_of(context),
        "expected": expected_of(context),
        "answer": context.output,
    }
    answer = await consult(context, PROMPT, texts, SCHEMA)
    return Score(scorer="", value=answer["correct"], reason=shorten(answer["reason"], 300))


SCORER = judge_scorer(NAME, {"expected"}, _judge, __name__)
