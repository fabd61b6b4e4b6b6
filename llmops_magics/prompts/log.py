"""The log of a prompt: its versions with their labels, tags, moves and evals, the newest first.

It reads light columns only and each table once, so that ten thousand versions take no longer than
one looks up.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, select

from llmops_magics.prompts.history import EvalNote, LabelMove, LogEntry, PromptLog, ScoreNote
from llmops_magics.prompts.label import StoredMove, labels_at, moves_of
from llmops_magics.prompts.tag import all_tags_of
from llmops_magics.storage.query import Query, read_json
from llmops_magics.storage.table import dataset_content, eval_run, prompt_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmops_magics.storage.query import Reader


_R = TypeVar("_R", LogEntry, LabelMove)


def read_log(reader: Reader, name: str, *, newest: int, limit: int = 0) -> PromptLog:
    """Return the log of a prompt, of its ``limit`` newest versions where that is not 0."""
    moves = moves_of(reader, name)
    labels = _by_number(labels_at(moves).items())
    led_here = _by_number((move, move.after) for move in notes_of(name, moves))
    tags = all_tags_of(reader, name)
    untagged: dict[str, str] = {}
    evals = _evals(reader, name, newest - limit if limit else 0)
    entries = tuple(
        _make(
            LogEntry,
            number=number,
            digest=digest,
            message=message,
            author=author,
            created_at=created_at,
            labels=labels.get(number, ()),
            tags=tags.get(number, untagged),
            moves=led_here.get(number, ()),
            evals=evals.get(number, ()),
        )
        for number, digest, message, author, created_at in reader.rows(
            _VERSIONS, name=name, limit=limit or sys.maxsize
        )
    )
    return PromptLog(name=name, entries=entries, total=newest)


def notes_of(name: str, moves: Sequence[StoredMove]) -> list[LabelMove]:
    """Return stored moves with what each label pointed to before, in the same order."""
    before: dict[str, int] = {}
    notes = []
    for move in moves:
        notes.append(note_of(name, move, before.get(move.label)))
        before[move.label] = move.number
    return notes


def note_of(name: str, move: StoredMove, before: int | None, *, changed: bool = True) -> LabelMove:
    """Return a stored move as a record."""
    return _make(
        LabelMove,
        name=name,
        label=move.label,
        before=before,
        after=move.number,
        action=move.action,
        actor=move.actor,
        moved_at=move.moved_at,
        reason=move.reason,
        forced=move.forced,
        changed=changed,
        diff=None,
    )


def _make(kind: type[_R], **fields: Any) -> _R:
    """Make a record of all its fields, at a third of the cost.

    The ``__init__`` of a frozen dataclass sets each field by itself: for ten thousand records that
    is most of the time a log takes.
    """
    record = object.__new__(kind)
    record.__dict__.update(fields)
    return record


def _by_number(pairs: Iterable[tuple[Any, int]]) -> dict[int, tuple[Any, ...]]:
    found: dict[int, list[Any]] = {}
    for thing, number in pairs:
        found.setdefault(number, []).append(thing)
    return {number: tuple(things) for number, things in found.items()}


def _evals(reader: Reader, name: str, above: int) -> dict[int, tuple[EvalNote, ...]]:
    rows = reader.rows(_EVALS, name=name, above=above)
    return _by_number((_eval(row), row[0]) for row in rows)


def _eval(row: Sequence[Any]) -> EvalNote:
    _, run_id, dataset, dataset_digest, model, finished_at, summary = row
    scores = (read_json(summary) or {}).get("scores", ())
    return EvalNote(
        run_id=run_id,
        dataset=dataset or "",
        dataset_digest=dataset_digest,
        model=model,
        finished_at=finished_at or "",
        scores=tuple(
            ScoreNote(**{f: score[f] for f in ("scorer", "mean", "low", "high", "n")})
            for score in scores
        ),
    )


_VERSIONS = Query(
    select(
        prompt_version.c.number,
        prompt_version.c.digest,
        prompt_version.c.message,
        prompt_version.c.author,
        prompt_version.c.created_at,
    )
    .where(prompt_version.c.name == bindparam("name"))
    .order_by(prompt_version.c.number.desc())
    .limit(bindparam("limit"))
)
_EVALS = Query(
    select(
        eval_run.c.prompt_number,
        eval_run.c.id,
        dataset_content.c.name,
        eval_run.c.dataset_digest,
        eval_run.c.model,
        eval_run.c.finished_at,
        eval_run.c.summary,
    )
    .join(dataset_content, dataset_content.c.digest == eval_run.c.dataset_digest)
    .where(
        eval_run.c.prompt_name == bindparam("name"),
        eval_run.c.prompt_number > bindparam("above"),
        eval_run.c.status == "finished",
    )
    .order_by(eval_run.c.finished_at.desc(), eval_run.c.id.desc())
)
