"""What budgets have to say: once to everybody as a warning, and to the cell that it happened in."""

from __future__ import annotations

import warnings
from collections import deque

MOST_KEPT = 20


class BudgetWarning(UserWarning):
    """A budget has passed one of its thresholds."""


class Notices:
    """What was said since the last cell ended."""

    def __init__(self) -> None:
        self._kept: deque[str] = deque(maxlen=MOST_KEPT)

    def say(self, words: str) -> None:
        """Warn, and keep the words for the cell's line."""
        self._kept.append(words)
        warnings.warn(words, BudgetWarning, stacklevel=2)

    def take(self) -> tuple[str, ...]:
        """Return what was said since this was last asked, and forget it."""
        taken = []
        while self._kept:
            taken.append(self._kept.popleft())
        return tuple(taken)
