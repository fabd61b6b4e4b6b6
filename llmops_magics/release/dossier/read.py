"""Read a dossier from its folder alone: nothing else is asked, no store and no network.

What is read was signed: the signature is checked, and that ``gate.json``, the summary of the run
and the resources are the files that it names. The other files are for ``verify_dossier``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import DossierError, SigningError
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.folder import names_in, read_file
from llmops_magics.release.dossier.manifest import BESIDE, ENVELOPE, RECORD, RESOURCES, said_of
from llmops_magics.release.dossier.record import Dossier
from llmops_magics.release.execution.ballot import read_decision
from llmops_magics.release.gate.result import GateResult, Verdict

if TYPE_CHECKING:
    from llmops_magics.audit.signing.envelope import Verified
    from llmops_magics.audit.signing.register import KeyRegister


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest whose signature holds: ``digest`` is that of what was signed."""

    digest: str
    key_id: str
    public_hex: str
    files: dict[str, str]  # name -> digest
    predicate: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, envelope: bytes) -> Manifest:
        """Check an envelope's signature and form; ``SigningError`` where one is wrong."""
        from llmops_magics.audit.signing.envelope import Envelope, verify
        from llmops_magics.audit.signing.statement import GATE_RUN, subjects_of

        sealed = Envelope.from_json(envelope)
        found: Verified = verify(sealed)
        if found.statement["predicateType"] != GATE_RUN:
            raise SigningError("what was signed is no gate run.")
        files, predicate = subjects_of(found.statement), found.statement["predicate"]
        if not isinstance(predicate.get("files"), dict) or set(predicate["files"]) != set(files):
            raise SigningError("what was signed does not say of which blocks its files are.")
        if RECORD not in files or BESIDE & set(files):
            raise SigningError(f"what was signed has no {RECORD}, or names itself.")
        return cls(
            digest=sealed.digest,
            key_id=found.key_id,
            public_hex=found.public_hex,
            files=files,
            predicate=predicate,
        )

    def vouched(self, register: KeyRegister | None, at: str = "") -> tuple[str, bool]:
        """Return whose key signed, and whether it was valid; nobody's where no register knows it.

        ``at`` is a time that somebody else kept; else it is the one that the signer wrote.
        """
        found = register.find(self.key_id) if register else None
        if register is None or found is None or found.public != self.public_hex:
            return "", False
        return found.name, register.is_valid(self.key_id, at or self.signed_at)

    @property
    def signed_at(self) -> str:
        """When it was signed, by the signer's own clock."""
        return str(self.predicate.get("signed_at", ""))


def read_dossier(folder: Path, register: KeyRegister | None = None) -> Dossier:
    """Read the records of a dossier; ``DossierError`` where they are not what was signed.

    ``register`` says whose key signed. An archive of version 1 has no manifest: nobody vouches for
    it, and its digest is that of ``gate.json``.
    """
    folder = Path(folder)
    names_in(folder)
    record, envelope = _read(folder, RECORD), _read(folder, ENVELOPE)
    if record is None:
        raise DossierError(f"{folder.name} has no {RECORD}.", hint="It is no dossier, or damaged.")
    result = read_result(record)
    if envelope is None:
        if result.is_signed:
            raise DossierError(f"{folder.name} was signed, and its {ENVELOPE} is missing.")
        return _dossier(folder, result, None, register, record)
    try:
        manifest = Manifest.read(envelope)
    except SigningError as error:
        raise DossierError(f"the manifest of {folder.name} does not hold: {error}") from error
    if digest_bytes(record) != manifest.files[RECORD]:
        raise DossierError(
            f"{RECORD} of {folder.name} is not the one that was signed.",
            hint="`llmops dossier verify` says which byte is wrong.",
        )
    if problems := contradictions(manifest.predicate, result):
        raise DossierError(f"the manifest of {folder.name} says another {problems[0]} than it.")
    return _dossier(folder, result, manifest, register, record)


def read_part(folder: Path, name: str) -> bytes | None:
    """Return a file of a dossier if it is as its manifest or record names it; None without one.

    Raises ``DossierError`` for one that was changed.
    """
    content, record = _read(folder, name), _read(folder, RECORD)
    expected = read_result(record).files.get(name) if record is not None else None
    if content is None and expected is None:
        return None
    if content is None or digest_bytes(content) != expected:
        raise DossierError(
            f"{name} of {folder.name} is not what was sealed.",
            hint="`llmops dossier verify` says which byte is wrong.",
        )
    return content


def read_result(content: bytes) -> GateResult:
    """Build the result that ``gate.json`` holds; ``DossierError`` for what is none."""
    try:
        body = dict(json.loads(content))
        if body.pop("kind") == GateResult.kind:
            return _result(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DossierError(f"{RECORD} is no record of a gate run: {error}.") from error
    raise DossierError(f"{RECORD} is a record of something else.")


def _result(body: Mapping[str, Any]) -> GateResult:
    known = GateResult.__dataclass_fields__
    kept = {name: value for name, value in body.items() if name in known}
    return GateResult(
        **{
            **kept,
            "verdict": Verdict(kept["verdict"]) if kept["verdict"] else None,
            "decision": read_decision(kept["decision"]) if kept["decision"] else None,
            "problems": tuple(kept["problems"]),
            "notes": tuple(kept.get("notes", ())),
        }
    )


def contradictions(predicate: Mapping[str, Any], result: GateResult) -> list[str]:
    """Return what a manifest says other than the record it signs."""
    return [name for name, said in said_of(result).items() if predicate.get(name) != said]


def _read(folder: Path, name: str) -> bytes | None:
    try:
        return read_file(folder, name)
    except OSError as error:
        raise DossierError(f"{name} of {folder.name} cannot be read: {error.strerror}.") from error


def _resources(folder: Path, manifest: Manifest | None, result: GateResult) -> dict[str, Any]:
    expected = manifest.files.get(RESOURCES) if manifest else result.files.get(RESOURCES)
    content = _read(folder, RESOURCES)
    if expected is None:
        return {}
    if content is None or digest_bytes(content) != expected:
        raise DossierError(f"{RESOURCES} of {folder.name} is not what was sealed.")
    return dict(json.loads(content))


def _dossier(
    folder: Path,
    result: GateResult,
    manifest: Manifest | None,
    register: KeyRegister | None,
    record: bytes,
) -> Dossier:
    decision = result.decision
    name, is_known = manifest.vouched(register) if manifest else ("", False)
    said = manifest.predicate if manifest else {}
    return Dossier(
        digest=manifest.digest if manifest else digest_bytes(record),
        gate=Path(result.notebook).stem,
        gate_id=result.gate_id,
        verdict=result.verdict.value if result.verdict else "",
        mode=result.mode,
        environment=result.environment,
        prompt=decision.prompt if decision else "",
        prompt_digest=decision.prompt_digest if decision else "",
        dataset_digest=decision.dataset_digest if decision else "",
        index_fingerprint=decision.index_fingerprint if decision else "",
        model=decision.model if decision else "",
        resolved_models=decision.resolved_models if decision else (),
        run_id=decision.run_id if decision else "",
        licences=decision.licences if decision else {},
        actor=str(said.get("actor", "")),
        signed_by=name,
        key_id=manifest.key_id if manifest else "",
        is_known=is_known,
        signed_at=manifest.signed_at if manifest else "",
        finished_at=result.finished_at,
        result=result,
        resources=_resources(folder, manifest, result),
        folder=str(folder),
    )
