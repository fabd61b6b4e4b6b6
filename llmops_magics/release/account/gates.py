"""The gates that ran on exactly what is served, with the rules and intervals of their dossiers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, select

from llmops_magics.errors import LlmopsError
from llmops_magics.release.account.record import GateRun, ServedVersion
from llmops_magics.release.dossier.record import Dossier
from llmops_magics.storage.table import gate_run

MAX_READ = 20  # dossiers that are opened
MAX_GATES = 100


def gates_of(
    connection: Connection,
    version: ServedVersion,
    *,
    at: str,
    evidence: Collection[str],
    read: Callable[[str], Dossier],
    owner: Callable[[str], str],
) -> tuple[GateRun, ...]:
    """Return the runs until a moment, those that a release rests on first, then the newest.

    ``evidence`` are the digests that releases and approvals name; ``read`` opens a dossier by its
    digest, and ``owner`` says whose a key is.
    """
    rows = _rows(connection, version, at)
    rows.sort(key=lambda row: row.dossier_digest not in evidence)  # stable: the newest stay first
    return tuple(
        _gate(row, row.dossier_digest in evidence, read if n < MAX_READ else None, owner)
        for n, row in enumerate(rows)
    )


def _rows(connection: Connection, version: ServedVersion, at: str) -> list[Any]:
    run = gate_run.c
    name = version.ref.partition("@")[0]
    query = (
        select(gate_run)
        .where(
            run.prompt.in_([name, version.ref]),
            run.prompt_digest == version.digest,
            run.finished_at <= at,
        )
        .order_by(run.id.desc())
        .limit(MAX_GATES)
    )
    return list(connection.execute(query))


def _gate(
    row: Any,
    is_evidence: bool,
    read: Callable[[str], Dossier] | None,
    owner: Callable[[str], str],
) -> GateRun:
    dossier, problem = _opened(row.dossier_digest, read)
    decision = dossier.result.decision if dossier else None
    return GateRun(
        gate=row.gate,
        gate_id=row.gate_id,
        verdict=row.verdict,
        mode=row.mode,
        dossier=row.dossier_digest,
        signed_by=owner(row.key_id) if row.key_id else "",
        key_id=row.key_id,
        actor=row.actor,
        finished_at=row.finished_at,
        is_evidence=is_evidence,
        rules=decision.rules if decision else (),
        problem=problem,
    )


def _opened(digest: str, read: Callable[[str], Dossier] | None) -> tuple[Dossier | None, str]:
    if read is None:
        return None, f"not opened: only {MAX_READ} dossiers are"
    try:
        return read(digest), ""
    except (LlmopsError, OSError) as error:  # gone or changed: said where it is shown
        return None, " ".join(str(error).split())
