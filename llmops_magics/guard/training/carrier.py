"""Attacks hidden in harmless texts: the way they come with e-mails, pages and tool results."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

from llmops_magics.guard.training.example import Example

_BOUNDARY: Final = re.compile(r"[.!?\n]\s")
_LONG: Final = 1200  # characters of a carrier of which only the surroundings are kept


def hidden(
    carriers: Sequence[Example], attacks: Sequence[Example], count: int, seed: int
) -> list[Example]:
    """Return ``count`` texts: an attack put at the beginning, within or (mostly) after a carrier.

    Each has the source of its carrier, so that what is held out stays held out.
    """
    if not carriers or not attacks:
        return []
    draw = random.Random(f"hidden-{seed}")  # noqa: S311 -- templates, no secret
    return [_one(draw.choice(carriers), draw.choice(attacks), draw) for _ in range(count)]


def _one(carrier: Example, attack: Example, draw: random.Random) -> Example:
    text = carrier.text
    ends = [match.end() for match in _BOUNDARY.finditer(text)]
    place = draw.choice([0, *ends, *[len(text)] * 3])
    before, after = text[:place], text[place:]
    if len(text) > _LONG:
        before = before[-draw.randrange(100, 900) :]
        after = after[: draw.randrange(1, 600)]
    blank = draw.choice((" ", "\n", "\n\n", " "))
    return Example(
        text=f"{before}{blank}{attack.text}{blank}{after}",
        is_attack=True,
        source=carrier.source,
        category=f"hidden {attack.category}",
    )
