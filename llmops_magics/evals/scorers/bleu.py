"""bleu: how many of the answer's word n-grams has the expected text? 0 to 1; needs sacrebleu.

Sentence BLEU of sacrebleu (``[metrics]``) divided by 100: n-grams up to 4, fewer for texts that
are shorter (effective order), exponential smoothing, brevity penalty. A list of expected texts
are references of one answer. ``tokenize`` is sacrebleu's: 13a, intl, zh, char, none; ``lowercase``
does not count case. It was made for whole corpora of translations: a single case is noisy, so
read the mean, and prefer chrf for short texts or rich morphology. Needs ``expected``.

Source: Papineni et al. (2002), ACL, 311-318; Post (2018), A Call for Clarity in Reporting BLEU.
"""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.ngram import sentence_scorer
from llmops_magics.evals.scorers.parameter import choice, flag

TOKENIZERS = ("13a", "intl", "zh", "char", "none")


def make(*, tokenize: str = "13a", lowercase: bool = False) -> BuiltIn:
    """Return the scorer; raises ``ScorerError`` where sacrebleu is not installed."""
    choice("tokenize", tokenize, TOKENIZERS)
    flag("lowercase", lowercase)

    def metric() -> Any:
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(tokenize=tokenize, lowercase=lowercase, effective_order=True)

    settings = {"tokenize": tokenize, "lowercase": lowercase}
    return sentence_scorer("bleu", metric, settings, __name__)


SCORER = make()
