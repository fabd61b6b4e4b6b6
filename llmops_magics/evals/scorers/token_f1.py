"""token_f1: how many words do answer and expected text share? 0 to 1; needs ``expected``.

With a list of expected texts the best of them counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter

from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.text import accepted_answers

PUNCTUATION = str.maketrans("", "", string.punctuation)
ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def token_f1(output: str, expected: str) -> float:
    """Return the harmonic mean of precision and recall over words, counted with repeats.

    F1 = 2 shared / (words in output + words in expected), after lower case and without
    punctuation and articles; 1 when neither has a word left.

    Source: SQuAD's official evaluation, Rajpurkar et al. (2016), EMNLP, 2383-2392.
    """
    ours, theirs = Counter(_tokens(output)), Counter(_tokens(expected))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def _tokens(text: str) -> list[str]:
    return ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split()


def _judge(context: ScorerContext) -> float:
    return max(token_f1(context.output, answer) for answer in accepted_answers(context.expected))


SCORER = BuiltIn(
    "token_f1", frozenset({"expected"}), _judge, (__name__, "llmops_magics.evals.scorers.text")
)
