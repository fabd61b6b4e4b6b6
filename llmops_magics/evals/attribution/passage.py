"""One message before and after, aligned by sentence, and any mixture of the two."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from llmops_magics.evals.attribution.align import Slot, align, share_of_words
from llmops_magics.evals.attribution.sentence import Sentence, depth, split_sentences


class Passage:
    """Two texts; ``groups`` are the sentences that changed, by the number of their slot.

    Sentences stand in a group of their own, unless they open a Jinja block that a neighbour
    closes: half a block is no template.
    """

    def __init__(self, before: str, after: str) -> None:
        self._before = split_sentences(before)
        self._after = split_sentences(after)
        texts = [s.text for s in self._before], [s.text for s in self._after]
        self._slots = align(*texts, share_of_words)
        self.groups = tuple(self._groups())

    def merge(self, chosen: Collection[int | str]) -> str:
        """Return the text with the sentences after in these slots, those before elsewhere."""
        out: list[str] = []
        previous = Slot(-1, -1)
        for number, slot in enumerate(self._slots):
            is_after = number in chosen or (None not in slot and not self._is_changed(number))
            position = slot.after if is_after else slot.before
            if position is None:
                continue
            sentence = (self._after if is_after else self._before)[position]
            out += [self._gap(slot, previous, first_after=number in chosen), sentence.text]
            previous = slot
        return "".join(out)

    def excerpt(self, group: Collection[int]) -> tuple[str, str]:
        """Return what stood in these slots before, and what stands there after."""
        slots = [self._slots[number] for number in sorted(group)]
        old = [self._before[s.before] for s in slots if s.before is not None]
        new = [self._after[s.after] for s in slots if s.after is not None]
        texts = ["".join(s.gap + s.text for s in side) for side in (old, new)]
        stripped = [text.strip() for text in texts]
        # Where only white space changed, it is what there is to show.
        old_text, new_text = texts if stripped[0] == stripped[1] else stripped
        return old_text, new_text

    def _gap(self, slot: Slot, previous: Slot, *, first_after: bool) -> str:
        """Return the white space before a sentence: as it was between these two, if it was.

        Between sentences that never were neighbours it is the wider one that either had, and at
        the start of the text none.
        """
        old, new = self._side(self._before, slot.before), self._side(self._after, slot.after)
        was = old is not None and _follows(slot.before, previous.before)
        becomes = new is not None and _follows(slot.after, previous.after)
        if new is not None and becomes and (first_after or not was):
            return new.gap
        if old is not None and was:
            return old.gap
        if previous == Slot(-1, -1):
            return ""
        return max((s.gap for s in (old, new) if s is not None), key=_width, default="") or " "

    def _groups(self) -> Iterator[tuple[int, ...]]:
        changed = [k for k in range(len(self._slots)) if self._is_changed(k)]
        for _, run in groupby(enumerate(changed), lambda pair: pair[1] - pair[0]):
            yield from self._balanced([number for _, number in run])

    def _balanced(self, run: list[int]) -> Iterator[tuple[int, ...]]:
        """Cut a run of neighbours into the shortest groups that close what they open."""
        while run:
            end = next((k for k in range(1, len(run) + 1) if self._closes(run[:k])), 1)
            yield tuple(run[:end])
            run = run[end:]

    def _closes(self, group: list[int]) -> bool:
        slots = [self._slots[number] for number in group]
        opened = sum(depth(self._before[s.before].text) for s in slots if s.before is not None)
        added = sum(depth(self._after[s.after].text) for s in slots if s.after is not None)
        return opened == added == 0

    def _is_changed(self, number: int) -> bool:
        slot = self._slots[number]
        old, new = self._side(self._before, slot.before), self._side(self._after, slot.after)
        if old is None or new is None or old.text != new.text:
            return True
        previous = self._slots[number - 1] if number else Slot(-1, -1)
        return old.gap != new.gap and None not in previous

    @staticmethod
    def _side(sentences: list[Sentence], position: int | None) -> Sentence | None:
        return None if position is None else sentences[position]


def _follows(position: int | None, previous: int | None) -> bool:
    return position is not None and previous is not None and position == previous + 1


def _width(gap: str) -> tuple[int, int]:
    return gap.count("\n"), len(gap)
