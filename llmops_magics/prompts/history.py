"""The records of a prompt's history: who registered and labelled what, when, and what it scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.prompts.version import PromptDiff
from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class LabelMove(Record):
    """One move of a label, and what it pointed to before; ``before`` is None for a new label."""

    kind: ClassVar[str] = "label-move"

    name: str
    label: str
    before: int | None
    after: int
    action: str  # move, rollback or forward
    actor: str
    moved_at: str
    reason: str = ""
    forced: bool = False  # in spite of tests that do not pass
    changed: bool = True  # False when it was there already and nothing was written
    diff: PromptDiff | None = None  # from before to after, where the caller asked for it


@dataclass(frozen=True, kw_only=True)
class ScoreNote:
    """One score of a stored eval run, with the bounds of its 95% interval."""

    scorer: str
    mean: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class EvalNote:
    """A finished eval run of one version, as the log tells of it."""

    run_id: str
    dataset: str
    dataset_digest: str
    model: str
    finished_at: str
    scores: tuple[ScoreNote, ...]


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One version in the log."""

    number: int
    digest: str
    message: str
    author: str
    created_at: str
    labels: tuple[str, ...] = ()  # those that point here now
    tags: dict[str, str] = field(default_factory=dict)
    moves: tuple[LabelMove, ...] = ()  # those that led here, the oldest first
    evals: tuple[EvalNote, ...] = ()  # the newest first


@dataclass(frozen=True, kw_only=True)
class PromptLog(Record):
    """The versions of a prompt, the newest first."""

    kind: ClassVar[str] = "prompt-log"

    name: str
    entries: tuple[LogEntry, ...]
    total: int  # versions there are; more than the entries when a limit was given

    def to_pandas(self) -> pd.DataFrame:
        """One row a version: number, digest, message, author, created_at, labels, evals."""
        import pandas as pd

        columns = ("number", "digest", "message", "author", "created_at", "labels", "tags")
        return pd.DataFrame(
            [{c: getattr(e, c) for c in columns} | {"evals": len(e.evals)} for e in self.entries],
            columns=[*columns, "evals"],
        )


@dataclass(frozen=True, kw_only=True)
class PromptSnapshot(Record):
    """What a prompt's references meant at a moment in the past."""

    kind: ClassVar[str] = "prompt-snapshot"

    name: str
    at: str
    newest: int | None  # None before the first version
    labels: dict[str, int]  # where each label pointed
    now: dict[str, int]  # where each points today
    newest_now: int
