"""chrf: how many character n-grams do answer and expected text share? 0 to 1; needs sacrebleu.

Sentence chrF2 of sacrebleu (``[metrics]``) divided by 100: F with recall weighed twice, n-grams
up to 6 characters, white space left out; ``word_order=2`` is chrF++. With a list of expected texts
the best counts. It needs no tokenizer, so it suits any language. Needs ``expected``.

Source: Popovic (2015), chrF: character n-gram F-score for automatic MT evaluation, WMT, 392-395.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import flag, library
from llmops_magics.evals.scorers.text import accepted_answers

TEXT_LIMIT = 1_100_000
WORD_ORDERS = (0, 1, 2)


@cache
def _metric(word_order: int, lowercase: bool) -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(word_order=word_order, lowercase=lowercase)


def make(*, word_order: int = 0, lowercase: bool = False) -> BuiltIn:
    """Return the scorer; raises ``ScorerError`` where sacrebleu is not installed."""
    version = library("sacrebleu", "chrf")
    if isinstance(word_order, bool) or word_order not in WORD_ORDERS:
        raise ScorerError(f"The parameter word_order is {word_order!r}.", hint="Give 0, 1 or 2.")
    flag("lowercase", lowercase)

    def judge(context: ScorerContext) -> Score:
        answers = accepted_answers(context.expected)
        if max(len(text) for text in (context.output, *answers)) > TEXT_LIMIT:
            return missing("", f"a text is longer than {TEXT_LIMIT} characters")
        result = _metric(word_order, lowercase).sentence_score(context.output, answers)
        return Score(scorer="", value=min(result.score / 100, 1.0))

    sources = (__name__, "llmops_magics.evals.scorers.text")
    settings = settle({"word_order": word_order, "lowercase": lowercase, "sacrebleu": version})
    return BuiltIn("chrf", frozenset({"expected"}), judge, sources, settings)


SCORER = make()
