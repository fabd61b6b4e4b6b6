"""A context, read once: which sentence holds which word, its quantities and its denials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from llmops_magics.evals.scorers.grounding.quantity import quantities
from llmops_magics.evals.scorers.grounding.stance import denies, is_personal
from llmops_magics.evals.scorers.grounding.word import Word, content_words
from llmops_magics.evals.scorers.text import sentences, words

FURTHER_WORDS = 4  # so many new words make a further sentence a source of the same claim


class Passage:
    """What the context says, as far as words show it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sentences = sentences(text)
        self._stems = [{word.stem for word in content_words(s)} for s in self.sentences]
        self._places: dict[str, set[int]] = defaultdict(set)
        for place, stems in enumerate(self._stems):
            for stem in stems:
                self._places[stem].add(place)

    def __contains__(self, stem: str) -> bool:
        return stem in self._places

    @cached_property
    def units(self) -> dict[str, set[str]]:
        """The units beside each number, by number; a number without one has an empty set."""
        found: dict[str, set[str]] = defaultdict(set)
        for number, unit in quantities(self.text):
            found[number] |= {unit} - {""}
        return dict(found)

    @cached_property
    def is_personal(self) -> bool:
        """Whether somebody speaks of themselves in it."""
        return is_personal(self.text)

    def sources(self, claim: Sequence[Word]) -> list[int]:
        """Return the sentences that the claim's words come from, the one with most of them first.

        Each further one must hold ``FURTHER_WORDS`` words that those before it lack: a sentence
        with a single word of the claim, such as another's name, is no source of it.
        """
        chosen: list[int] = []
        left = list(claim)
        while left:
            gains = self._gains(left)
            best = max(gains, key=lambda place: (gains[place][0], -place), default=None)
            if best is None or (chosen and gains[best][1] < FURTHER_WORDS):
                break
            chosen.append(best)
            left = [word for word in left if best not in self._places.get(word.stem, ())]
        return chosen

    def lacking(self, claim: Sequence[Word], sources: Sequence[int]) -> list[Word]:
        """Return the words that none of these sentences holds."""
        return [word for word in claim if self._places.get(word.stem, set()).isdisjoint(sources)]

    def denies(self, place: int) -> bool:
        """Tell whether a sentence denies something."""
        return denies(self.sentences[place])

    def told(self, place: int, claim: Sequence[Word]) -> float:
        """Return the share of a sentence's words that the claim holds."""
        stems = self._stems[place]
        return len(stems & {word.stem for word in claim}) / max(1, len(stems))

    def written(self, place: int) -> set[str]:
        """Return the words of a sentence, words of grammar too."""
        return set(words(self.sentences[place]))

    def _gains(self, left: Sequence[Word]) -> dict[int, tuple[float, int]]:
        """Return weight and number of these words, by sentence."""
        weight: dict[int, float] = defaultdict(float)
        stems: dict[int, set[str]] = defaultdict(set)
        for word in left:
            for place in self._places.get(word.stem, ()):
                weight[place] += word.weight
                stems[place].add(word.stem)
        return {place: (weight[place], len(stems[place])) for place in weight}
