"""exact_match: is the answer one of the expected texts? An assertion; needs ``expected``.

White space is normalised (runs become one space, ends are trimmed) and so is Unicode (NFC). Case
and punctuation count: use ``contains`` or ``token_f1`` where they should not. ``expected`` may be
a list of accepted answers.
"""

from __future__ import annotations

from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.text import accepted_answers, squeeze


def matches_exactly(output: str, expected: object) -> bool:
    """Tell whether the answer is one of the accepted ones, white space aside."""
    return squeeze(output) in {squeeze(answer) for answer in accepted_answers(expected)}


def _judge(context: ScorerContext) -> bool:
    return matches_exactly(context.output, context.expected)


SCORER = BuiltIn(
    "exact_match", frozenset({"expected"}), _judge, (__name__, "llmops_magics.evals.scorers.text")
)
