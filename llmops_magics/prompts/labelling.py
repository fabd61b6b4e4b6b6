"""Moving labels: every change of a pointer and its audit event, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts import label as labels
from llmops_magics.prompts.archiving import refuse_archived
from llmops_magics.prompts.history import LabelMove
from llmops_magics.prompts.log import note_of
from llmops_magics.prompts.reference import parse_reference
from llmops_magics.prompts.remark import check_reason
from llmops_magics.prompts.resolution import find, require
from llmops_magics.prompts.rollback import back, forward, replay
from llmops_magics.prompts.serving.pointer import read_served
from llmops_magics.redaction import redact
from llmops_magics.storage.query import reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.query import Reader


def keepable(reason: str) -> str:
    """Return a reason as it is kept, masked; raises ``PromptError`` for one that cannot be."""
    return redact(check_reason(reason).strip())


def refuse_served(reader: Reader, name: str, label: str) -> None:
    """Refuse a label that an environment moves: it says what the environment serves."""
    served = read_served(reader, name, label)
    if served is not None:
        raise PromptError(
            f"{name}@{label} is what the environment {served.environment} serves: only its "
            "releases move it.",
            hint=f"llmops release promote {name} --to {served.environment}, or llmops release "
            f"rollback {served.ref}.",
        )


def unchanged(reader: Reader, name: str, label: str, number: int) -> LabelMove | None:
    """Return the move that brought a label where it shall go, None if it is elsewhere."""
    moves = labels.moves_of(reader, name, label)
    if not moves or moves[-1].number != number:
        return None
    return note_of(name, moves[-1], number, changed=False)


def point(
    connection: Connection,
    *,
    name: str,
    label: str,
    number: int,
    actor: str,
    reason: str = "",
    refusal: str = "",
) -> LabelMove:
    """Point a label to a version; ``refusal`` is what the version's tests said against it."""
    reader = reader_of(connection)
    refuse_archived(reader, name)
    refuse_served(reader, name, label)
    there = unchanged(reader, name, label, number)
    if there is not None:
        return there
    before = labels.labels_of(reader, name).get(label)
    return _write(
        connection,
        before,
        {"refusal": refusal} if refusal else {},
        name=name,
        label=label,
        number=number,
        actor=actor,
        reason=reason,
        forced=bool(refusal),
    )


def roll(
    connection: Connection,
    *,
    name: str,
    label: str,
    actor: str,
    to: str = "",
    is_forward: bool = False,
    reason: str = "",
) -> LabelMove:
    """Take a label back to where it pointed before, or forward again."""
    reader = reader_of(connection)
    require(reader, name)
    refuse_archived(reader, name)
    refuse_served(reader, name, label)
    moves = labels.moves_of(reader, name, label)
    pointer = f"{name}@{label}"
    if not moves:
        raise PromptReferenceError(
            f"{name!r} has no label {label!r}, so there is nothing to roll back.",
            hint=f"Its labels: {', '.join(labels.labels_of(reader, name)) or 'none'}.",
        )
    track = replay(moves)
    target = _read_target(reader, name, to) if to else None
    if target == moves[-1].number:
        raise PromptError(
            f"{pointer} points to version {target} already.",
            hint="Say an earlier version, or --forward to undo a rollback.",
        )
    return _write(
        connection,
        moves[-1].number,
        {},
        name=name,
        label=label,
        number=forward(track, pointer) if is_forward else back(track, pointer, target),
        actor=actor,
        action="forward" if is_forward else "rollback",
        reason=reason,
    )


def _read_target(reader: Reader, name: str, to: str) -> int:
    """Read ``7``, ``@7``, ``sha256:…`` or a label as one of this prompt, or a whole reference."""
    reference = parse_reference(to if to.find("@") > 0 else f"{name}@{to.removeprefix('@')}")
    if reference.name != name:
        raise PromptReferenceError(
            f"{to!r} is a version of another prompt than {name!r}.",
            hint=f"Give one of {name}, such as {name}@7.",
        )
    return find(reader, reference)


def _write(
    connection: Connection, before: int | None, notes: dict[str, Any], **move: Any
) -> LabelMove:
    moved_at = labels.move(connection, **move)
    action = move.get("action", "move")
    body = {"before": before, "after": move["number"], **notes}
    trail.append(
        connection,
        actor=move["actor"],
        action="prompt.label" if action == "move" else f"prompt.{action}",
        resource=f"{move['name']}@{move['label']}",
        body=body | ({"reason": move["reason"]} if move["reason"] else {}),
    )
    return LabelMove(
        name=move["name"],
        label=move["label"],
        before=before,
        after=move["number"],
        action=action,
        actor=move["actor"],
        moved_at=moved_at,
        reason=move["reason"],
        forced=move.get("forced", False),
    )
