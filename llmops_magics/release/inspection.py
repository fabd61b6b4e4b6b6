"""Verify all that a workspace keeps as evidence: the chain, its signed heads, every dossier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from llmops_magics.audit import trail
from llmops_magics.audit.checkpoint import SUFFIX
from llmops_magics.audit.publication import TOKEN_SUFFIX, verify_stamp
from llmops_magics.audit.retention import TOMBSTONE
from llmops_magics.audit.search import AuditSearch, stream_events
from llmops_magics.audit.signed_head import heads_in, heads_of, taken_away
from llmops_magics.audit.signing.register import KeyRegister
from llmops_magics.audit.verification import AuditReport
from llmops_magics.errors import AuditError
from llmops_magics.release.dossier.verification import verify_sealed
from llmops_magics.storage.store import Store


def inspect_all(
    store: Store,
    root: Path,
    register: KeyRegister,
    checkpoints: Path,
    *,
    expected_head: str = "",
    roots: bytes = b"",
) -> AuditReport:
    """Check the chain against every signed head, then each dossier that it tells of.

    ``checkpoints`` is the folder of published heads, ``root`` the workspace's folder, from which
    dossiers are found. With ``roots`` (PEM) the timestamps beside the heads are checked too.
    """
    outside = heads_in(checkpoints, register)
    with store.read() as connection:
        inside = heads_of(connection, register)
        heads = {(each.seq, each.hash): each for each in (*inside.heads, *outside.heads)}
        report = trail.verify(connection, expected_head=expected_head, heads=heads.values())
        gone = taken_away(connection, outside)
        runs = stream_events(connection, AuditSearch(action="gate.run"))
        gone_by_rule = deleted_ids(connection)
        sealed = [e.body for e in runs if Path(e.body["folder"]).name not in gone_by_rule]
    dossiers = [
        problem for body in sealed for problem in verify_sealed(root, body, register=register)
    ]
    signed = (*inside.problems, *outside.problems)
    doubts = dict.fromkeys((*inside.warnings, *outside.warnings, *gone))
    stamps = _stamps(checkpoints, roots) if roots else ()
    return replace(
        report,
        problems=(*report.problems, *signed, *stamps, *dossiers),
        warnings=(*report.warnings, *doubts),
        archives=len(sealed),
    )


def deleted_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of the records that were deleted under retention: they are not missing."""
    stones = stream_events(connection, AuditSearch(action=TOMBSTONE))
    return frozenset(str(event.body.get("id")) for event in stones)


def _stamps(folder: Path, roots: bytes) -> tuple[str, ...]:
    """Return what is wrong with the timestamps that lie beside signed heads."""
    problems = []
    for path in sorted(folder.glob(f"*{SUFFIX}{TOKEN_SUFFIX}")):
        stamped = path.with_name(path.name.removesuffix(TOKEN_SUFFIX))
        try:
            verify_stamp(path.read_bytes(), stamped.read_bytes(), roots)
        except (AuditError, OSError) as error:
            problems.append(f"{path.name}: {' '.join(str(error).split())}")
    return tuple(problems)
