"""embedding_similarity: how near in meaning are answer and expected text? -1 to 1.

The cosine of their vectors; with a list of expected texts the nearest counts. Needs ``expected``
and an embedder. What a value means depends on the embedder, so compare runs with the same one;
contradictions are near each other too.
"""

from __future__ import annotations

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.similarity import embed_texts
from llmops_magics.evals.scorers.text import accepted_answers

NAME = "embedding_similarity"


async def _judge(context: ScorerContext) -> Score:
    if not context.output.strip():
        return Score(scorer=NAME, value=0.0, reason="the answer is empty")
    answers = [answer for answer in accepted_answers(context.expected) if answer.strip()]
    vectors = await embed_texts(context, [context.output, *answers])
    return Score(scorer=NAME, value=float((vectors[1:] @ vectors[0]).max().clip(-1, 1)))


SCORER = BuiltIn(
    NAME,
    frozenset({"expected", "embedding"}),
    _judge,
    (
        __name__,
        "llmops_magics.evals.scorers.similarity",
        "llmops_magics.evals.scorers.text",
    ),
)
