"""chrf: how many character n-grams do answer and expected text share? 0 to 1; needs sacrebleu.

Sentence chrF2 of sacrebleu (``[metrics]``) divided by 100: F with recall weighed twice, n-grams
up to 6 characters, white space left out; ``word_order=2`` is chrF++. With a list of expected texts
the best counts. It needs no tokenizer, so it suits any language. Needs ``expected``.

Source: Popovic (2015), chrF: character n-gram F-score for automatic MT evaluation, WMT, 392-395.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.ngram import sentence_scorer
from llmops_magics.evals.scorers.parameter import flag

WORD_ORDERS = (0, 1, 2)


def make(*, word_order: int = 0, lowercase: bool = False) -> BuiltIn:
    """Return the scorer; raises ``ScorerError`` where sacrebleu is not installed."""
    if isinstance(word_order, bool) or word_order not in WORD_ORDERS:
        raise ScorerError(f"The parameter word_order is {word_order!r}.", hint="Give 0, 1 or 2.")
    flag("lowercase", lowercase)

    def metric() -> Any:
        from sacrebleu.metrics.chrf import CHRF

        return CHRF(word_order=word_order, lowercase=lowercase)

    settings = {"word_order": word_order, "lowercase": lowercase}
    return sentence_scorer("chrf", metric, settings, __name__)


SCORER = make()
