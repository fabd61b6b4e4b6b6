"""Verify the audit trail and every archive that it tells of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from llmops_magics.audit import trail
from llmops_magics.audit.trail import AuditReport
from llmops_magics.release.dossier.archive import verify_archive
from llmops_magics.storage.store import Store


def verify_all(store: Store, root: Path, *, expected_head: str = "") -> AuditReport:
    """Check the chain, then each archive against the digest that its event keeps.

    ``root`` is the workspace's folder, from which archives are found.
    """
    with store.read() as connection:
        report = trail.verify(connection, expected_head=expected_head)
        sealed = [e.body for e in trail.events(connection) if e.action == "gate.run"]
    problems = [
        problem
        for body in sealed
        for problem in verify_archive(root / body["folder"], body["gate_json"])
    ]
    return replace(report, problems=(*report.problems, *problems), archives=len(sealed))
