"""Verify all that a workspace keeps as evidence: the chain, its signed heads, every dossier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

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

GATE_RUN: Final = "gate.run"
_OLD: Final = ("folder", "gate_json")  # what is told of an archive without a signature


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
        sealed, unread = _sealed(connection)
    dossiers = [
        problem for body in sealed for problem in verify_sealed(root, body, register=register)
    ]
    signed = (*inside.problems, *outside.problems, *unread)
    doubts = dict.fromkeys((*inside.warnings, *outside.warnings, *gone))
    stamps = _stamps(checkpoints, roots) if roots else ()
    return replace(
        report,
        problems=(*report.problems, *signed, *stamps, *dossiers),
        warnings=(*report.warnings, *doubts),
        archives=len(sealed),
    )


def _sealed(connection: Connection) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return what the trail tells of the dossiers that have to be there, or why it cannot."""
    try:
        deleted = deleted_ids(connection)
        told = [(e.seq, e.body) for e in stream_events(connection, AuditSearch(action=GATE_RUN))]
    except (ValueError, RecursionError):  # a body that is no JSON
        return [], ("an event that tells of dossiers cannot be read: no dossier was checked",)
    sealed = [(seq, body) for seq, body in told if _is_told(body)]
    lost = sorted({seq for seq, _ in told} - {seq for seq, _ in sealed})
    there = [body for _, body in sealed if Path(body["folder"]).name not in deleted]
    return there, tuple(f"event {seq} does not say which dossier it tells of" for seq in lost)


def _is_told(body: Any) -> bool:
    names = ("folder", "dossier") if isinstance(body, dict) and body.get("key_id") else _OLD
    return isinstance(body, dict) and all(isinstance(body.get(name), str) for name in names)


def deleted_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of the records that were deleted under retention: they are not missing."""
    stones = stream_events(connection, AuditSearch(action=TOMBSTONE))
    return frozenset(str(each.body.get("id")) for each in stones if isinstance(each.body, dict))


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
