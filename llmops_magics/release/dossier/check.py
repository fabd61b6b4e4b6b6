"""Check every byte of a dossier, and name the first that is wrong in each file.

A folder is enough, wherever it was copied to. It shows that nothing was changed since it was
signed, and by which key; whose key that is says a register, and that this dossier is the one that
a workspace sealed, the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import DossierError, SigningError
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.blocks import first_wrong
from llmops_magics.release.dossier.folder import ENCODED, is_plain, names_in, read_file
from llmops_magics.release.dossier.manifest import (
    BESIDE,
    ENVELOPE,
    RECORD,
    SUM,
    said_of,
    sum_of,
    wrong_in_envelope,
)
from llmops_magics.release.dossier.read import Manifest, contradictions, read_result
from llmops_magics.release.dossier.record import DossierProblem, DossierReport

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import KeyRegister
    from llmops_magics.release.gate.result import GateResult

MISSING, ADDED = "is missing", "was added"
_CLOCK = "The time of signing is by the signer's own clock: only the audit trail has another."
_NOBODY = "Nobody signed it: it shows no change since gate.json, and not who wrote that."
_NO_REGISTER = "No register of keys was asked whose key this is."


def verify_dossier(folder: Path, register: KeyRegister | None = None) -> DossierReport:
    """Check a folder against its own signed manifest; ``DossierError`` where there is none to see.

    An archive of version 1, which has no manifest, is checked against its ``gate.json``.
    """
    return _Check(Path(folder), register).report()


class _Check:
    """One look at a folder."""

    def __init__(self, folder: Path, register: KeyRegister | None) -> None:
        self._folder = folder
        self._register = register
        self._names = names_in(folder)

    def report(self) -> DossierReport:
        """Check what is there, in the order of the files' names."""
        problems: list[DossierProblem] = []
        envelope, record = self._content(ENVELOPE, problems), self._content(RECORD, problems)
        manifest, result = None, self._result(record, problems)
        if envelope is not None:
            manifest = self._manifest(envelope, problems)
        elif result is None or result.is_signed or SUM in self._names:
            problems.append(DossierProblem(file=ENVELOPE, offset=None, what=MISSING))
        if manifest is not None:
            problems += self._against(manifest, result)
        elif envelope is None and result is not None:
            problems += self._archived(result)
        return self._made(problems, manifest, result, record)

    def _manifest(self, envelope: bytes, problems: list[DossierProblem]) -> Manifest | None:
        """Check the envelope and the sum beside it; None where the signature does not hold."""
        sums = self._content(SUM, problems)
        try:
            manifest = Manifest.read(envelope)
        except SigningError as error:
            wrong = wrong_in_envelope(envelope, sums) if sums is not None else None
            problems.append(_problem(ENVELOPE, wrong, f"does not hold: {error}"))
            return None
        if sums is None:
            problems.append(DossierProblem(file=SUM, offset=None, what=MISSING))
        elif (right := sum_of(envelope)) != sums:
            problems.append(_first_difference(SUM, sums, right))
        return manifest

    def _against(self, manifest: Manifest, result: GateResult | None) -> Iterator[DossierProblem]:
        """Hold every file against the manifest, and the manifest against the record it signs."""
        missing: dict[str, str] = {}
        for name, expected in sorted(manifest.files.items()):
            found: list[DossierProblem] = []
            content = self._content(name, found) if is_plain(name) else None
            if content is None and not found:
                missing[name] = expected
            elif content is not None and digest_bytes(content) != expected:
                found.append(_located(name, content, manifest.predicate["files"][name]))
            yield from found
        yield from self._moved(missing, set(manifest.files))
        if result is not None and digest_bytes(self._bytes(RECORD)) == manifest.files[RECORD]:
            for name in contradictions(manifest.predicate, result):
                what = f"says another {name} than {RECORD}, which it signs"
                yield DossierProblem(file=ENVELOPE, offset=None, what=what)

    def _moved(self, missing: Mapping[str, str], known: set[str]) -> Iterator[DossierProblem]:
        """Name what is missing and what was added, and tell a renamed file from both."""
        encoded = {f"{name}{ENCODED}" for name in known - self._names}
        own = known | encoded | BESIDE
        added = {name: self._digest(name) for name in sorted(self._names - own)}
        renamed = {
            new: old
            for old, expected in missing.items()
            for new, found in added.items()
            if found == expected
        }
        for old in missing:
            new = next((new for new, was in renamed.items() if was == old), "")
            what = f"{MISSING}: it is here as {new}" if new else MISSING
            yield DossierProblem(file=old, offset=None, what=what)
        for new in added:
            if new not in renamed:
                yield DossierProblem(file=new, offset=None, what=ADDED)

    def _archived(self, result: GateResult) -> Iterator[DossierProblem]:
        """Check an archive without a manifest by the digests in its record."""
        for name, expected in sorted(result.files.items()):
            found: list[DossierProblem] = []
            content = self._content(name, found) if is_plain(name) else None
            yield from found
            if content is None and not found:
                yield DossierProblem(file=name, offset=None, what=MISSING)
            elif content is not None and digest_bytes(content) != expected:
                yield DossierProblem(file=name, offset=None, what="was changed")
        for name in sorted(self._names - {*result.files, RECORD} - BESIDE):
            yield DossierProblem(file=name, offset=None, what=ADDED)

    def _result(self, record: bytes | None, problems: list[DossierProblem]) -> GateResult | None:
        if record is None:
            return None
        try:
            return read_result(record)
        except DossierError as error:
            if ENVELOPE not in self._names:
                problems.append(DossierProblem(file=RECORD, offset=None, what=error.message))
            return None

    def _content(self, name: str, problems: list[DossierProblem]) -> bytes | None:
        """Return a file's content, None without one; what cannot be read is a problem."""
        try:
            return read_file(self._folder, name)
        except (OSError, DossierError) as error:
            what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
            problems.append(DossierProblem(file=name, offset=None, what=what))
            return None

    def _bytes(self, name: str) -> bytes:
        return read_file(self._folder, name) or b""

    def _digest(self, name: str) -> str:
        try:
            content = read_file(self._folder, name)
        except (OSError, DossierError):
            return ""
        return "" if content is None else digest_bytes(content)

    def _made(
        self,
        problems: list[DossierProblem],
        manifest: Manifest | None,
        result: GateResult | None,
        record: bytes | None,
    ) -> DossierReport:
        digest = digest_bytes(record) if record is not None and ENVELOPE not in self._names else ""
        name, is_known = manifest.vouched(self._register) if manifest else ("", False)
        said = manifest.predicate if manifest else said_of(result) if result else {}
        return DossierReport(
            name=self._folder.name,
            ok=not problems,
            problems=tuple(sorted(problems, key=lambda each: (each.file, each.offset or 0))),
            files=len(self._names),
            size_bytes=sum((self._folder / each).lstat().st_size for each in self._names),
            digest=manifest.digest if manifest else digest,
            gate_id=str(said.get("gate_id", "")),
            verdict=str(said.get("verdict", "")),
            key_id=manifest.key_id if manifest else "",
            signed_by=name,
            is_known=is_known,
            signed_at=manifest.signed_at if manifest else "",
            notes=tuple(self._notes(manifest, is_known=is_known)),
        )

    def _notes(self, manifest: Manifest | None, *, is_known: bool) -> Iterator[str]:
        if manifest is None:
            if ENVELOPE not in self._names:
                yield _NOBODY
            return
        if self._register is None:
            yield _NO_REGISTER
        elif not is_known:
            found = self._register.find(manifest.key_id)
            why = "was revoked before it signed" if found else "is not in the register"
            yield f"The key {manifest.key_id} {why}: whoever has it may have made this dossier."
        yield _CLOCK


def _located(name: str, content: bytes, said: Any) -> DossierProblem:
    """Find the first wrong byte of a file whose digest is another."""
    try:
        wrong = first_wrong(content, list(said["blocks"]), int(said["size"]))
    except (KeyError, TypeError, ValueError):
        wrong = None
    return _problem(name, wrong, "was changed")


def _problem(name: str, wrong: Any, otherwise: str) -> DossierProblem:
    if wrong is None:
        return DossierProblem(file=name, offset=None, what=otherwise)
    return DossierProblem(file=name, offset=wrong.offset, until=wrong.until, what=wrong.what)


def _first_difference(name: str, content: bytes, right: bytes) -> DossierProblem:
    """Return the first byte of a file that is not the one it must be."""
    both = min(len(content), len(right))
    offset = next((n for n in range(both) if content[n] != right[n]), both)
    if offset < both:
        what = f"it is 0x{content[offset]:02x} and was 0x{right[offset]:02x}"
    else:
        what = f"it has {len(content)} bytes and had {len(right)}"
    return DossierProblem(file=name, offset=offset, what=what)
