"""What is reached without judging: always the same verdict, shared words, the longer answer.

Openly naive, and often hard to beat: labels are seldom balanced, and an invented answer shares
fewer words with its context.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from llmops_magics.evals.calibration.agreement import agreement
from llmops_magics.evals.calibration.label import BETTER, NO, TIE, WORSE, YES
from llmops_magics.evals.calibration.record import Agreement, Measure, Predictor
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.judged import expected_of, question_of
from llmops_magics.evals.scorers.text import words

FOLDS = 10
STEPS = 40


def constant(labels: Sequence[str], groups: Sequence[str] = ()) -> Predictor:
    """Return the predictor that always says what people said most often.

    Its balanced accuracy and kappa are what they are by definition, and have no interval.
    """
    most = Counter(labels).most_common(1)[0][0]
    found = agreement([(label, most) for label in labels], groups)
    exact = Agreement(
        accuracy=found.accuracy,
        balanced_accuracy=_exactly(found.balanced_accuracy),
        kappa=_exactly(found.kappa),
    )
    return Predictor(name="constant", how=f"always {most}", agreement=exact)


def word_overlap(
    labels: Sequence[str],
    contexts: Sequence[ScorerContext],
    needs: frozenset[str],
    groups: Sequence[str] = (),
) -> Predictor:
    """Return the predictor that says yes where enough words are shared.

    Shared are the answer's words with the context, or with the question where the judge needs no
    context; of correctness, those of answer and expected answer (F1). How many are enough is
    fitted on the other nine tenths of the cases, drawn by their groups or ids.
    """
    shared = [_overlap(context, needs) for context in contexts]
    keys = groups or [""] * len(labels)
    folds = [_fold(key or c.case_id) for key, c in zip(keys, contexts, strict=True)]
    cuts = [
        _best_cut([(s, label) for s, label, f in zip(shared, labels, folds, strict=True) if f != k])
        for k in range(FOLDS)
    ]
    said = [YES if s >= cuts[f] else NO for s, f in zip(shared, folds, strict=True)]
    return Predictor(
        name="word overlap",
        how=_what(needs),
        agreement=agreement(list(zip(labels, said, strict=True)), groups),
    )


def longer_answer(
    labels: Sequence[str], contexts: Sequence[ScorerContext], groups: Sequence[str] = ()
) -> Predictor:
    """Return the predictor that prefers the longer answer."""
    gaps = [len(c.output) - len(c.baseline_output or "") for c in contexts]
    said = [BETTER if gap > 0 else WORSE if gap < 0 else TIE for gap in gaps]
    return Predictor(
        name="longer answer",
        how="the answer with more characters is better",
        agreement=agreement(list(zip(labels, said, strict=True)), groups),
    )


def _exactly(measure: Measure) -> Measure:
    return Measure(value=measure.value, n=measure.n)


def _overlap(context: ScorerContext, needs: frozenset[str]) -> float:
    answer = words(context.output)
    if "expected" in needs:
        expected = words(expected_of(context))
        common = (Counter(answer) & Counter(expected)).total()
        return 2 * common / max(1, len(answer) + len(expected))
    known = set(words(context.context if "context" in needs else question_of(context)))
    return sum(word in known for word in answer) / max(1, len(answer))


def _what(needs: frozenset[str]) -> str:
    if "expected" in needs:
        return "words that the answer and the expected one share"
    what = "context" if "context" in needs else "question"
    return f"share of the answer's words that stand in the {what}"


def _best_cut(seen: Sequence[tuple[float, str]]) -> float:
    """Return the cut with the best balanced accuracy."""
    totals = Counter(label for _, label in seen)

    def worth(cut: float) -> float:
        hits = Counter(label for s, label in seen if (s >= cut) == (label == YES))
        return sum(hits[label] / total for label, total in totals.items())

    return max((step / STEPS for step in range(STEPS + 1)), key=worth)


def _fold(key: str) -> int:
    return sha256(key.encode("utf-8", "replace")).digest()[0] % FOLDS
