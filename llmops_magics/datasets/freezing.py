"""Frozen names: no version is added to one until it is taken out of the ice, with a reason.

Every step is a row of its own, with who and why, and an event of the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import insert, select

from llmops_magics.audit import trail
from llmops_magics.datasets.shown import ShownRecord
from llmops_magics.errors import DatasetError
from llmops_magics.record import format_time, utc_now
from llmops_magics.redaction import redact
from llmops_magics.storage.table import dataset_freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.datasets.reference import StoredVersion


@dataclass(frozen=True, kw_only=True)
class DatasetFreeze(ShownRecord):
    """Whether a name is frozen at a version, who said so and why."""

    kind: ClassVar[str] = "dataset-freeze"

    name: str
    number: int  # the newest version then
    frozen: bool
    actor: str
    at: str
    reason: str
    changed: bool = True  # False where it was so already


def state_of(connection: Connection, name: str) -> DatasetFreeze | None:
    """Return the last step of a name, None if it never was frozen."""
    table = dataset_freeze.c
    query = select(table.name, table.number, table.frozen, table.actor, table.at, table.reason)
    row = connection.execute(
        query.where(table.name == name).order_by(table.id.desc()).limit(1)
    ).first()
    return None if row is None else DatasetFreeze(**row._mapping, changed=False)  # noqa: SLF001


def frozen_names(connection: Connection) -> set[str]:
    """Return the names that are frozen."""
    query = select(dataset_freeze.c.name, dataset_freeze.c.frozen).order_by(dataset_freeze.c.id)
    last = {row.name: row.frozen for row in connection.execute(query)}
    return {name for name, frozen in last.items() if frozen}


def refuse_frozen(connection: Connection, name: str) -> None:
    """Raise ``DatasetError`` if no version may be added to a name."""
    state = state_of(connection, name)
    if state is not None and state.frozen:
        why = f" ({redact(state.reason)[:200]})" if state.reason else ""
        raise DatasetError(
            f"{name} is frozen at @{state.number} by {state.actor}{why}.",
            hint=f"Use another name, or `freeze {name} --unfreeze --reason …` first.",
        )


def write_state(
    connection: Connection, version: StoredVersion, *, frozen: bool, actor: str, reason: str
) -> DatasetFreeze:
    """Freeze a name or take it out again; nothing is written if it is so already.

    Raises ``DatasetError`` where a reason is needed and none is given.
    """
    state = state_of(connection, version.name)
    if (state is not None and state.frozen) is frozen:
        return state or DatasetFreeze(
            name=version.name,
            number=version.number,
            frozen=False,
            actor="",
            at="",
            reason="",
            changed=False,
        )
    if not frozen and not reason.strip():
        raise DatasetError(f"{version.name} is unfrozen only with a reason.", hint="Add --reason.")
    row = {
        "name": version.name,
        "number": version.number,
        "frozen": frozen,
        "actor": actor,
        "at": format_time(utc_now()),
        "reason": redact(reason.strip()),
    }
    connection.execute(insert(dataset_freeze).values(row))
    trail.append(
        connection,
        actor=actor,
        action="dataset.freeze" if frozen else "dataset.unfreeze",
        resource=f"dataset/{version.name}",
        body={"number": version.number, "digest": version.digest, "reason": reason.strip()},
    )
    return DatasetFreeze(**row)  # type: ignore[arg-type]
