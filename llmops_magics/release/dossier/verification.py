"""Verify a dossier that the audit trail tells of (``release.inspection`` verifies them all)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import DossierError
from llmops_magics.release.dossier.archive import settled, verify_archive
from llmops_magics.release.dossier.check import verify_dossier

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import KeyRegister


def verify_sealed(
    root: Path, body: Mapping[str, Any], *, register: KeyRegister | None = None
) -> Iterator[str]:
    """Yield what is wrong with the dossier that the body of a ``gate.run`` event tells of."""
    folder = settled(root / body["folder"])
    if not body.get("key_id"):
        yield from verify_archive(folder, body["gate_json"])
        return
    try:
        report = verify_dossier(folder, register)
    except DossierError as error:
        yield f"{folder.name}: {error.message}"
        return
    yield from (f"{folder.name}: {problem}" for problem in report.problems)
    if report.digest and (report.digest, report.key_id) != (body["dossier"], body["key_id"]):
        yield f"{folder.name}: is not the dossier that the trail tells of, but another"
