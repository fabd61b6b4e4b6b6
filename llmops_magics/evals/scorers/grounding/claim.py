"""A sentence of an answer held against the context: how much doubt, and what it rests on.

``doubt`` is a weighted sum that is never negative and that no further fault lowers; above 1 the
sentence counts as unsupported. Its parts:

    MISSING * m / (w + SLACK)   m of the w words' weight are not where the claim comes from
    + QUANTITY                  a number that the context lacks, or has with another unit
    + NAME                      a name that the context lacks
    + CONTRADICTION             it denies what its source does not (or the other way round)
    + PERSONAL                  it speaks of the speaker in a context where nobody does

The weights are those of a logistic regression of the label on these five, divided by the limit of
doubt, fitted by ``tests/benchmarks/groundedness_fit.py`` on HaluEval QA and FaithDial (both MIT),
each counting the same. Three are bounded: QUANTITY (fitted 0.87) and CONTRADICTION (0.98) from
below, since each refutes alone, PERSONAL (1.91) from above, since only FaithDial shows it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from llmops_magics.evals.scorers.grounding.passage import Passage
from llmops_magics.evals.scorers.grounding.quantity import quantities
from llmops_magics.evals.scorers.grounding.stance import (
    claims_nothing,
    denies,
    drop_attribution,
    is_personal,
    opposite_words,
)
from llmops_magics.evals.scorers.grounding.word import Word, content_words, name_stems
from llmops_magics.evals.scorers.text import sentences, words

SLACK = 2.0
MISSING, QUANTITY, NAME, CONTRADICTION, PERSONAL = WEIGHTS = (5.05, 1.1, 0.44, 1.1, 1.0)
LIMIT = 1.0
ALIGNED, NEARLY_ALIGNED = 0.6, 0.5  # share of the words that make denial or opposites comparable


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The measures that ``WEIGHTS`` weigh, in their order; flags are 0 or 1."""

    missing: float
    quantity: float
    name: float
    contradiction: float
    personal: float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence, its faults, and in words what they rest on."""

    sentence: str
    faults: Faults
    reasons: tuple[str, ...]

    @property
    def doubt(self) -> float:
        """Return 0 for no fault; more than ``LIMIT`` is unsupported."""
        faults: tuple[float, ...] = astuple(self.faults)
        return sum(w * f for w, f in zip(WEIGHTS, faults, strict=True))

    @property
    def support(self) -> float:
        """Return 1 for no fault, halved with each ``LIMIT`` of doubt."""
        return float(0.5 ** (self.doubt / LIMIT))


def examine(answer: str, context: str) -> list[Claim]:
    """Return the sentences that claim something, each held against the context.

    A sentence of words of grammar alone claims nothing, nor does a refusal ("I don't
    know") or a courtesy ("I hope this helps").
    """
    passage = Passage(context)
    return [
        _examine(sentence, said, passage)
        for sentence in sentences(answer)
        if (said := content_words(drop_attribution(sentence))) and not claims_nothing(sentence)
    ]


def _examine(sentence: str, said: list[Word], passage: Passage) -> Claim:
    sources = passage.sources(said)
    lacking = passage.lacking(said, sources)
    weight = sum(word.weight for word in said)
    lost = sum(word.weight for word in lacking)
    wrong = _wrong_quantities(sentence, passage)
    names = {name for name in name_stems(sentence) if name not in passage}
    conflict = _conflict(sentence, said, sources, passage)
    personal = is_personal(sentence) and not passage.is_personal
    return Claim(
        sentence=sentence,
        faults=Faults(
            missing=lost / (weight + SLACK),
            quantity=float(bool(wrong)),
            name=float(bool(names)),
            contradiction=float(bool(conflict)),
            personal=float(personal),
        ),
        reasons=(
            *_word_reasons(lacking, passage),
            *wrong,
            *conflict,
            *(("speaks of the speaker",) if personal else ()),
        ),
    )


def _wrong_quantities(sentence: str, passage: Passage) -> list[str]:
    wrong = []
    for number, unit in quantities(sentence):
        known = passage.units.get(number)
        if known is None:
            wrong.append(f"number not in the context: {number}")
        elif unit and known and unit not in known:
            wrong.append(f"unit not in the context: {number} {unit}")
    return wrong


def _conflict(sentence: str, said: list[Word], sources: list[int], passage: Passage) -> list[str]:
    """Say where claim and source are at odds, as far as they speak of the same."""
    denied = denies(sentence)
    if denied and not any(passage.denies(place) for place in sources):
        return ["denies what the context does not"]
    if not sources:
        return []
    source = sources[0]
    lost = sum(word.weight for word in passage.lacking(said, sources))
    cover = 1 - lost / sum(word.weight for word in said)
    if passage.denies(source) and not denied:
        is_same = cover >= ALIGNED and passage.told(source, said) >= ALIGNED
        return ["does not deny what the context denies"] if is_same else []
    opposite = opposite_words(set(words(sentence)), passage.written(source))
    is_near = opposite and cover >= NEARLY_ALIGNED
    return [f"opposite of the context: {', '.join(opposite)}"] if is_near else []


def _word_reasons(lacking: list[Word], passage: Passage) -> list[str]:
    """Name the words, once each, leaving numbers to their own reason."""
    written = list(dict.fromkeys(w for w in lacking if not w.text[0].isdigit()))
    absent = [word.text for word in written if word.stem not in passage]
    apart = [word.text for word in written if word.stem in passage]
    return [
        f"{label}: {', '.join(found)}"
        for label, found in (("not in the context", absent), ("only elsewhere in it", apart))
        if found
    ]
