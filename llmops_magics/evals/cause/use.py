"""Does an answer draw on a piece of evidence? Words decide, as in the scorer ``groundedness``.

Of each sentence of the answer that claims something, the words that the question does not have are
held against the evidence, each with the weight that ``groundedness`` gives it. The share that the
evidence holds is taken of the sentence where it is largest. From ``DRAWS`` on the answer draws on
the evidence, right or wrong. Words of the question count nothing: any answer may repeat them.

A refusal and an answer that only repeats the question draw on nothing: "yes", and a choice that the
question names, cannot be told. It compares words of English: a free paraphrase is taken for unused.

Answers that their context supports draw on it in 0.85 (HaluEval QA, 500 answers) and 0.88
(FaithDial, 136) of the cases, the same answers on the context of another question in 0.02 and 0.04.
"""

from __future__ import annotations

from typing import Final

from llmops_magics.evals.scorers.grounding.passage import Passage
from llmops_magics.evals.scorers.grounding.stance import claims_nothing, drop_attribution
from llmops_magics.evals.scorers.grounding.word import content_words
from llmops_magics.evals.scorers.text import sentences

DRAWS: Final = 0.5
MAX_CHARACTERS: Final = 100_000  # of the answer, and of the evidence


def share_used(answer: str, evidence: str, question: str) -> float:
    """Return the largest share of a sentence's new words that stand in the evidence, 0 to 1."""
    passage = Passage(evidence[:MAX_CHARACTERS])
    asked = {word.stem for word in content_words(question)}
    shares = [0.0]
    for sentence in sentences(answer[:MAX_CHARACTERS]):
        if claims_nothing(sentence):
            continue
        said = content_words(drop_attribution(sentence))
        new = [word for word in said if word.stem not in asked]
        weight = sum(word.weight for word in new)
        if weight:
            shares.append(sum(word.weight for word in new if word.stem in passage) / weight)
    return max(shares)
