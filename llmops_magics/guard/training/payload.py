"""Take out of the attacks what only their collection put in.

Collections of templates fill every slot with one and the same harmless question. A model learns
the question: it is the surest sign of an attack there is, in that collection, and nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llmops_magics.guard.training.example import Example

_SENTENCE: Final = re.compile(r"[^.!?\n]{12,120}[.!?]")
_SHARE: Final = 0.2  # of the attacks of a source that have the same sentence
_LEAST: Final = 20  # attacks


def without_payload(rows: Sequence[Example]) -> list[Example]:
    """Return the rows, without sentences that a fifth of a source's attacks share.

    A sentence that harmless texts of the same source have as well stays: it says nothing.
    """
    shared = {source: _shared(rows, source) for source in sorted({row.source for row in rows})}
    return [_without(row, shared[row.source]) if row.is_attack else row for row in rows]


def _shared(rows: Sequence[Example], source: str) -> list[str]:
    attacks = [row.text for row in rows if row.source == source and row.is_attack]
    harmless = " ".join(row.text for row in rows if row.source == source and not row.is_attack)
    counts = Counter(sentence for text in attacks for sentence in _sentences(text))
    least = max(_LEAST, _SHARE * len(attacks))
    return sorted(text for text, count in counts.items() if count >= least and text not in harmless)


def _sentences(text: str) -> set[str]:
    return {match.group().strip() for match in _SENTENCE.finditer(text)}


def _without(row: Example, sentences: Sequence[str]) -> Example:
    text = row.text
    for sentence in sentences:
        text = text.replace(sentence, "")
    return replace(row, text=text) if text.strip() else row
