"""Seal a run: freeze its notebook, gather its files, sign them, and tell the audit trail.

The dossier is written whole beside its place; the commit of its event and its row decides, and then
it gets its name. Killed before, nothing was sealed; killed after, whoever looks next finishes it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from llmops_magics.audit import trail
from llmops_magics.errors import GateRunError
from llmops_magics.record import digest, digest_bytes, format_time, utc_now
from llmops_magics.release.dossier import archive as archives
from llmops_magics.release.dossier.answers import keep_no_secrets
from llmops_magics.release.dossier.freeze import freeze, outputs_of
from llmops_magics.release.dossier.manifest import RECORD, manifest, signed_files
from llmops_magics.release.dossier.masking import mask_value, redact_notebook
from llmops_magics.release.dossier.page import to_page
from llmops_magics.release.dossier.resource import evidence_files
from llmops_magics.release.gate.report import headline, to_junit, to_markdown
from llmops_magics.release.gate.result import GateResult
from llmops_magics.storage.table import gate_run

if TYPE_CHECKING:
    from llmops_magics.audit.signing.key import SigningKey
    from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run works and where its dossier goes; ``stem`` is its notebook's name."""

    name: str  # the gate's id, and its folder's name
    stem: str
    root: Path
    archive: Path
    running: Path
    ballot: Path

    @property
    def folder(self) -> str:
        """Where the dossier is, seen from the workspace, so that both can move together."""
        folder = self.archive / self.name
        inside = folder.is_relative_to(self.root)
        return (folder.relative_to(self.root) if inside else folder).as_posix()


@dataclass(frozen=True, kw_only=True)
class _Sealed:
    """What the trail keeps of a dossier; without a key its digest is that of ``gate.json``."""

    gate_json: str
    digest: str
    key_id: str


def freeze_run(executed: Any, result: GateResult) -> tuple[GateResult, bytes]:
    """Freeze the notebook, with the verdict in its metadata; the digests are of what is kept.

    Raises ``GateRunError`` for one with a secret that cannot be masked.
    """
    import nbformat

    redact_notebook(executed)
    result = replace(result, problems=tuple(mask_value(result.problems)))
    note = {
        "gate_id": result.gate_id,
        "notebook": result.notebook,
        "verdict": headline(result),
        "exit_code": result.exit_code,
        "problems": list(result.problems),
        "parameters": result.parameters,
        "source": result.digests["source"],
    }
    freeze(executed, json.loads(json.dumps(note)))
    content = _encode(nbformat.writes(executed) + "\n")
    digests = {
        **result.digests,
        "outputs": digest(outputs_of(executed)),
        "executed": digest_bytes(content),
    }
    return replace(result, digests=digests), content


def seal_run(
    store: Store,
    place: Place,
    executed: Any,
    notebook: bytes,
    result: GateResult,
    *,
    actor: str,
    signer: SigningKey | None,
) -> GateResult:
    """Write the dossier, its audit event and its row; then forget the folder the run worked in.

    ``notebook`` is the frozen one as it is kept. Raises ``GateRunError`` where the archive cannot
    be written: nothing was sealed then, and the running folder still holds how far the run got.
    """
    result = replace(result, is_signed=signer is not None)
    with _writable(place, result):
        result = keep_no_secrets(place.ballot, result)
        files = _files(store, place, executed, notebook, result)
        prepared, digests = archives.prepare(place.archive, place.name, files)
        result = replace(result, files=digests, archive=str(place.archive / place.name))
        sealed = _sign(prepared, files, result, actor, signer)
    with store.write() as connection:
        trail.append(
            connection,
            actor=actor,
            action="gate.run",
            resource=f"gate/{place.name}",
            body=_event_body(place, result, sealed),
        )
        connection.execute(insert(gate_run), _row(place, result, sealed, actor))
    archives.seal(place.archive, place.name)
    archives.discard(place.running)
    return result


def _files(
    store: Store, place: Place, executed: Any, notebook: bytes, result: GateResult
) -> dict[str, bytes]:
    """Return every file but the record and what is made of all the others."""
    return {
        f"{place.stem}.ipynb": notebook,
        f"{place.stem}.html": _encode(_page(executed, f"{place.name}: {headline(result)}")),
        "junit.xml": to_junit(result),
        "summary.md": _encode(to_markdown(result)),
        **evidence_files(store, executed, result, place.ballot),
    }


def _sign(
    prepared: Path,
    files: dict[str, bytes],
    result: GateResult,
    actor: str,
    signer: SigningKey | None,
) -> _Sealed:
    """Write the record, and the signed manifest of all files where there is a key."""
    gate_json = archives.write_record(prepared, result)
    if signer is None:
        return _Sealed(gate_json=gate_json, digest=gate_json, key_id="")
    every = {**files, RECORD: (prepared / RECORD).read_bytes()}
    made = manifest(every, result, actor=actor, signed_at=format_time(utc_now()))
    envelope, written = signed_files(made, signer)
    archives.add_files(prepared, written)
    return _Sealed(gate_json=gate_json, digest=envelope.digest, key_id=signer.key_id)


@contextlib.contextmanager
def _writable(place: Place, result: GateResult) -> Iterator[None]:
    """Turn a full disk into a gate that could not run; half a dossier is no evidence."""
    try:
        yield
    except OSError as error:
        archives.discard(place.archive / f"{archives.SEALING}{place.name}")
        reason = f"The dossier cannot be written: {error.strerror}."
        failed = replace(result, verdict=None, exit_code=4, problems=(*result.problems, reason))
        with contextlib.suppress(OSError):  # the record that stays there says "not ended"
            archives.replace_record(place.running, failed)
        raise GateRunError(
            reason,
            hint=f"Make room: how far the run got is kept in {place.running}.",
        ) from error


def _page(executed: Any, title: str) -> str:
    """Render the page; a notebook that cannot be rendered still gets its other records."""
    from html import escape

    try:
        return to_page(executed, title)
    except Exception as error:  # noqa: BLE001 -- third-party renderers on untrusted content
        reason = escape(f"{type(error).__name__}: {error}")
        return f"<!DOCTYPE html><title>{escape(title)}</title><p>Cannot be rendered: {reason}</p>\n"


def _event_body(place: Place, result: GateResult, sealed: _Sealed) -> dict[str, Any]:
    decision = result.decision
    return {
        "archive": place.name,
        "folder": place.folder,
        "gate_json": sealed.gate_json,
        "dossier": sealed.digest,
        "key_id": sealed.key_id,
        "notebook": result.notebook,
        "verdict": result.verdict.value if result.verdict else None,
        "exit_code": result.exit_code,
        "mode": result.mode,
        "environment": result.environment,
        "digests": result.digests,
        "run_id": decision.run_id if decision else "",
        "prompt": decision.prompt if decision else "",
        "evidence": [sealed.digest],
    }


def _row(place: Place, result: GateResult, sealed: _Sealed, actor: str) -> dict[str, Any]:
    decision = result.decision
    return {
        "gate_id": place.name,
        "gate": place.stem,
        "verdict": result.verdict.value if result.verdict else "",
        "mode": result.mode,
        "environment": result.environment,
        "prompt": decision.prompt if decision else "",
        "prompt_digest": decision.prompt_digest if decision else "",
        "dataset_digest": decision.dataset_digest if decision else "",
        "index_fingerprint": decision.index_fingerprint if decision else "",
        "run_id": decision.run_id if decision else "",
        "dossier_digest": sealed.digest,
        "key_id": sealed.key_id,
        "folder": place.folder,
        "actor": actor,
        "finished_at": result.finished_at,
    }


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")
