"""A text at a boundary, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from llmops_magics.guard.boundary.pending import PendingQuestion
from llmops_magics.guard.boundary.policy import Decision
from llmops_magics.guard.detector import Boundary


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A text at a boundary; ``subject`` says which one, in words that hold none of it.

    ``noted`` says when what is decided is written down: ``always``; where it is ``new``, not for a
    text of the past that was looked at before; or where it is ``refused`` or asked about alone.
    ``approved`` are findings that a person let pass before, by kind and words.
    """

    text: str
    boundary: Boundary
    subject: str
    noted: Literal["always", "new", "refused"] = "always"
    approved: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A text with what was decided: ``text`` is what may go on, once nothing is refused.

    ``kept`` is what may be stored of it.
    """

    crossing: Crossing
    decision: Decision
    text: str
    kept: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the texts of one call, in their order, and the questions that are open."""

    checked: tuple[Checked, ...]
    questions: tuple[PendingQuestion, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What may go on."""
        return tuple(each.text for each in self.checked)

    @property
    def is_clean(self) -> bool:
        """Whether every text goes on as it came, and nothing is to be said of any."""
        return all(each.decision.is_clean for each in self.checked)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a check is told beside the texts."""

    prompt: str = ""
    system_prompt: str = ""


NO_SETTING: Final = Setting()
