"""What a sealed gate run is to its readers: the dossier, its verification, and lists of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from llmops_magics.record import Record
from llmops_magics.release.gate.result import GateResult


class Register(Protocol):
    """Whose a key is, and whether it held at a time (``audit.signing.register`` has one)."""

    def owner(self, key_id: str) -> str:
        """Return the person's name; empty for a key that nobody has."""

    def is_valid(self, key_id: str, at: str) -> bool:
        """Tell whether the key is there and was not revoked at that time."""


@dataclass(frozen=True, kw_only=True)
class Dossier(Record):
    """A sealed gate run, as its signed manifest and its records say.

    ``digest`` is that of the manifest, which names every file by digest; of an archive of version
    1, which has none, that of ``gate.json``. ``actor`` is who ran the gate by what they said of
    themselves, ``signed_by`` whose key it is by the register that was asked, ``is_known`` whether
    that key was valid when it signed. ``verdict`` is empty where the gate could not run.
    """

    kind: ClassVar[str] = "dossier"

    digest: str
    gate: str  # the notebook's stem
    gate_id: str
    verdict: str
    mode: str  # live, replay or rejudge
    environment: str
    prompt: str
    prompt_digest: str
    dataset_digest: str
    index_fingerprint: str
    model: str
    resolved_models: tuple[str, ...]
    run_id: str
    licences: dict[str, str]
    actor: str
    signed_by: str
    key_id: str  # empty: an archive that nobody signed
    is_known: bool
    signed_at: str
    finished_at: str
    result: GateResult
    resources: dict[str, Any] = field(default_factory=dict)
    folder: str = field(default="", metadata={"stored": False})  # on this machine

    @property
    def is_signed(self) -> bool:
        """Whether somebody vouches for it."""
        return bool(self.key_id)


@dataclass(frozen=True, kw_only=True)
class DossierProblem:
    """One thing that is not as it was sealed.

    ``offset`` is the first byte that is wrong, from 0; None where the file as a whole is missing,
    was added, or cannot be told to be wrong in one place. ``until`` is the end of the range where
    it is not known more exactly than that (exclusive), None for an exact byte.
    """

    file: str
    offset: int | None
    what: str
    until: int | None = None

    def __str__(self) -> str:
        if self.offset is None:
            return f"{self.file} {self.what}"
        if self.until is None:
            return f"{self.file} at byte {self.offset}: {self.what}"
        return f"{self.file} at bytes {self.offset} to {self.until - 1}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class DossierReport(Record):
    """What checking a dossier's folder found; ``ok`` means: every byte is as it was sealed.

    Whether the key that signed is one to trust is another question: ``is_known`` says whether the
    register that was given knows it, and ``notes`` what cannot be shown.
    """

    kind: ClassVar[str] = "dossier-report"

    name: str  # of the folder
    ok: bool
    problems: tuple[DossierProblem, ...]
    files: int
    size_bytes: int
    digest: str
    gate_id: str
    verdict: str
    key_id: str
    signed_by: str
    is_known: bool
    signed_at: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListedDossier:
    """One row of a list: which gate said what of what, and whose key sealed it."""

    gate_id: str
    gate: str
    verdict: str
    mode: str
    environment: str
    prompt: str
    prompt_digest: str
    run_id: str
    digest: str
    key_id: str
    signed_by: str
    actor: str
    folder: str  # seen from the workspace
    finished_at: str


@dataclass(frozen=True, kw_only=True)
class DossierList(Record):
    """Sealed gate runs, the newest first; ``total`` counts those that are not listed too."""

    kind: ClassVar[str] = "dossier-list"

    dossiers: tuple[ListedDossier, ...]
    total: int
