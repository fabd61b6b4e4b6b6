"""bleu: how many of the answer's word n-grams has the expected text? 0 to 1; needs sacrebleu.

Sentence BLEU of sacrebleu (``[metrics]``) divided by 100: n-grams up to 4, fewer for texts that
are shorter (effective order), exponential smoothing, brevity penalty. A list of expected texts
are references of one answer. ``tokenize`` is sacrebleu's: 13a, intl, zh, char, none; ``lowercase``
does not count case. It was made for whole corpora of translations: a single case is noisy, so
read the mean, and prefer chrf for short texts or rich morphology. Needs ``expected``.

Source: Papineni et al. (2002), ACL, 311-318; Post (2018), A Call for Clarity in Reporting BLEU.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import choice, flag, library
from llmops_magics.evals.scorers.text import accepted_answers

TOKENIZERS = ("13a", "intl", "zh", "char", "none")
TEXT_LIMIT = 1_100_000


@cache
def _metric(tokenize: str, lowercase: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokenize, lowercase=lowercase, effective_order=True)


def make(*, tokenize: str = "13a", lowercase: bool = False) -> BuiltIn:
    """Return the scorer; raises ``ScorerError`` where sacrebleu is not installed."""
    version = library("sacrebleu", "bleu")
    choice("tokenize", tokenize, TOKENIZERS)
    flag("lowercase", lowercase)

    def judge(context: ScorerContext) -> Score:
        answers = accepted_answers(context.expected)
        if max(len(text) for text in (context.output, *answers)) > TEXT_LIMIT:
            return missing("", f"a text is longer than {TEXT_LIMIT} characters")
        result = _metric(tokenize, lowercase).sentence_score(context.output, answers)
        return Score(scorer="", value=min(result.score / 100, 1.0))

    sources = (__name__, "llmops_magics.evals.scorers.text")
    settings = settle({"tokenize": tokenize, "lowercase": lowercase, "sacrebleu": version})
    return BuiltIn("bleu", frozenset({"expected"}), judge, sources, settings)


SCORER = make()
