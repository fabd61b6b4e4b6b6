"""rouge_l: how long is the longest common subsequence of words? 0 to 1; needs ``expected``.

The F1 of ROUGE-L: P = LCS / words in answer, R = LCS / words in expected, F = 2PR / (P + R), over
case-folded runs of letters and digits, unstemmed; with a list of expected texts the best counts.
On ASCII text it is rouge-score's ``rougeL`` (that one drops every other letter, and has not been
released since 2022, so it is not used). ``beta`` weighs recall: F = (1 + b^2) PR / (R + b^2 P).

Source: Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries, ACL Workshop.
The subsequence by bit vectors: Hyyro (2004), Bit-parallel LCS-length computation revisited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import number
from llmops_magics.evals.scorers.text import accepted_answers

TOKEN = re.compile(r"[^\W_]+")
MAX_CELLS = 20_000_000_000  # words times words: a few seconds


def common_length(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Return the length of the longest common subsequence; steps: |longer| words of |shorter| bits.

    Bit i of ``row`` is 0 where the subsequence grows at word i of the shorter sequence.
    """
    short, long = sorted((ours, theirs), key=len)
    places: dict[str, int] = {}
    for position, word in enumerate(short):
        places[word] = places.get(word, 0) | 1 << position
    full = (1 << len(short)) - 1
    row = full
    for word in long:
        matches = row & places.get(word, 0)
        if matches:
            row = ((row + matches) | (row - matches)) & full
    return len(short) - row.bit_count()


def rouge_l(output: str, expected: str, beta: float = 1.0) -> float:
    """Return the F measure of ROUGE-L, 0 when either has no word."""
    ours, theirs = TOKEN.findall(output.casefold()), TOKEN.findall(expected.casefold())
    if len(ours) * len(theirs) > MAX_CELLS:
        raise ValueError("answer and expected text are too long to be compared")
    common = common_length(ours, theirs)
    if not common:
        return 0.0
    precision, recall = common / len(ours), common / len(theirs)
    return (1 + beta**2) * precision * recall / (recall + beta**2 * precision)


def make(*, beta: float = 1.0) -> BuiltIn:
    """Return the scorer with this weight of recall."""
    beta = number("beta", beta)

    def judge(context: ScorerContext) -> Score:
        answers = accepted_answers(context.expected)
        try:
            best = max(rouge_l(context.output, answer, beta) for answer in answers)
        except ValueError as error:
            return missing("", str(error))
        return Score(scorer="", value=best)

    sources = (__name__, "llmops_magics.evals.scorers.text")
    return BuiltIn("rouge_l", frozenset({"expected"}), judge, sources, settle({"beta": beta}))


SCORER = make()
