"""Where a label may go back or forward to: its moves, replayed as an editor's undo history.

A move cuts off what lay ahead and comes on top; a rollback goes down, a forward up, and neither
forgets anything. So after two rollbacks one is two versions back, not where one began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmops_magics.errors import PromptError
from llmops_magics.prompts.label import StoredMove


@dataclass(frozen=True, kw_only=True)
class Track:
    """The versions that a label pointed to, the oldest first, and where in them it is now."""

    versions: tuple[int, ...] = ()
    position: int = -1

    @property
    def behind(self) -> tuple[int, ...]:
        """What a rollback can go to, the oldest first."""
        return self.versions[: max(self.position, 0)]

    @property
    def ahead(self) -> tuple[int, ...]:
        """What a forward can go to, the nearest first."""
        return self.versions[self.position + 1 :]

    def moved(self, action: str, number: int) -> Track:
        """Return the track after one stored move."""
        if action == "rollback" and number in self.behind:
            return self._at(self.position - 1 - self.behind[::-1].index(number))
        if action == "forward" and number in self.ahead:
            return self._at(self.position + 1 + self.ahead.index(number))
        if self.versions and self.versions[self.position] == number:
            return self
        kept = self.versions[: self.position + 1]
        return Track(versions=(*kept, number), position=len(kept))

    def _at(self, position: int) -> Track:
        return Track(versions=self.versions, position=position)


def replay(moves: Iterable[StoredMove]) -> Track:
    """Return the track that the moves of one label leave, the oldest move first."""
    track = Track()
    for move in moves:
        track = track.moved(move.action, move.number)
    return track


def back(track: Track, pointer: str, to: int | None = None) -> int:
    """Return the version that a rollback goes to; ``pointer`` is ``name@label``, for errors.

    ``to`` must be one the label pointed to before. Raises ``PromptError`` when there is none.
    """
    if not track.behind:
        raise PromptError(
            f"There is nothing to roll {pointer} back to: it points to version "
            f"{track.versions[track.position]} and to nothing before.",
            hint="A rollback goes to versions that the label pointed to before.",
        )
    if to is None:
        return track.behind[-1]
    if to not in track.behind:
        raise PromptError(
            f"{pointer} cannot be rolled back to version {to}: {_why_not(track, to)}.",
            hint=f"Before, it pointed to: {_list(track.behind)}.",
        )
    return to


def forward(track: Track, pointer: str) -> int:
    """Return the version that a forward goes to: the one the last rollback left."""
    if not track.ahead:
        raise PromptError(
            f"There is nothing to take {pointer} forward to: no rollback went before.",
            hint="A forward undoes a rollback, until the label is moved anew.",
        )
    return track.ahead[0]


def _why_not(track: Track, number: int) -> str:
    if number == track.versions[track.position]:
        return "it points there now"
    return "that lies ahead of it" if number in track.ahead else "it was not there before"


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(f"version {number}" for number in dict.fromkeys(numbers))
