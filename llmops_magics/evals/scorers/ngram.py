"""What bleu and chrf share: a metric of sacrebleu on one answer, as a scorer from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import library
from llmops_magics.evals.scorers.text import accepted_answers

TEXT_LIMIT = 1_100_000  # characters; beyond it sacrebleu takes minutes


def sentence_scorer(
    name: str, metric: Callable[[], Any], settings: Mapping[str, Any], source: str
) -> BuiltIn:
    """Return a scorer of ``metric()``, which is made once, when the first answer is scored.

    ``settings`` and the version of sacrebleu are part of its digest, and so is the module
    ``source``. Raises ``ScorerError`` where sacrebleu is not installed.
    """
    version = library("sacrebleu", name)
    made = cache(metric)

    def judge(context: ScorerContext) -> Score:
        answers = accepted_answers(context.expected)
        if max(len(text) for text in (context.output, *answers)) > TEXT_LIMIT:
            return missing("", f"a text is longer than {TEXT_LIMIT} characters")
        result = made().sentence_score(context.output, answers)
        return Score(scorer="", value=min(result.score / 100, 1.0))

    sources = (source, __name__, "llmops_magics.evals.scorers.text")
    extra = settle({**settings, "sacrebleu": version})
    return BuiltIn(name, frozenset({"expected"}), judge, sources, extra)
