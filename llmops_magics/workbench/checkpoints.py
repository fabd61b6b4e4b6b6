"""Signed heads of a workspace's trail: made, published, and held against the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.audit import trail
from llmops_magics.audit.checkpoint import SUFFIX, Checkpoint, make_checkpoint
from llmops_magics.audit.publication import TOKEN_SUFFIX, commit_file, stamp_file, verify_stamp
from llmops_magics.audit.signed_head import SignedHeads, heads_in, heads_of, taken_away
from llmops_magics.audit.verification import AuditReport
from llmops_magics.errors import AuditError, SigningError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.config.settings import Settings
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.signing import Signing


class Checkpoints:
    """Signs heads with the key of who acts, into the folder that ``[audit] checkpoints`` names."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        signing: Callable[[], Signing],
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._actor = actor
        self._signing = signing

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._root / self._settings().audit.checkpoints

    def make(self, *, git: bool = False, timestamp: str = "") -> Checkpoint:
        """Sign the head; ``git`` commits its file, ``timestamp`` is an authority's address.

        ``timestamp`` left out is the one of ``[audit] timestamp_url``, none by default. Raises
        ``SigningError`` where who acts has no registered key.
        """
        signing = self._signing()
        key = signing.signer()
        if signing.register.find(key.key_id) is None:
            raise SigningError(
                f"nobody knows the key {key.key_id} of {key.name!r}: what it signs proves nothing.",
                hint="Register it: llmops keys add.",
            )
        made = make_checkpoint(self._store(), signing.sign, self.folder, actor=self._actor())
        path = self.folder / made.file
        published: list[str] = []
        if url := timestamp or self._settings().audit.timestamp_url:
            published.append(stamp_file(path, url).name)
        if git:
            published.append(self._committed(path, made.seq))
        return replace(made, published=tuple(published))

    def _committed(self, path: Path, seq: int) -> str:
        commit = commit_file(self._root, path, f"Audit trail: signed head of event {seq}")
        stamp = path.with_name(path.name + TOKEN_SUFFIX)
        if stamp.exists():
            commit = commit_file(self._root, stamp, f"Audit trail: when event {seq} was signed")
        return f"commit {commit}"

    def heads(self, connection: Connection) -> SignedHeads:
        """Return every signed head of the folder and the store."""
        register = self._signing().register
        filed, kept = heads_in(self.folder, register), heads_of(connection, register)
        return SignedHeads(
            heads=(*filed.heads, *kept.heads),
            problems=(*filed.problems, *kept.problems),
            warnings=(*filed.warnings, *taken_away(connection, filed)),
        )

    def verify(self, *, expected_head: str = "") -> AuditReport:
        """Recompute the chain, and hold it against every signed head and one kept elsewhere."""
        with self._store().read() as connection:
            found = self.heads(connection)
            report = trail.verify(connection, expected_head=expected_head, heads=found.heads)
        return replace(
            report,
            problems=(*report.problems, *found.problems),
            warnings=(*report.warnings, *found.warnings),
        )

    def verify_stamps(self, roots: Path) -> tuple[tuple[str, str], ...]:
        """Return each timestamped file with when it was there at the latest, or what is wrong.

        ``roots`` is a file of root certificates (PEM) that one trusts; nothing is asked over the
        network. A time is RFC 3339, what is wrong begins with ``wrong: ``.
        """
        from llmops_magics.record import format_time

        trusted = roots.read_bytes()
        found: list[tuple[str, str]] = []
        for stamp in sorted(self.folder.glob(f"*{SUFFIX}{TOKEN_SUFFIX}")):
            path = stamp.with_name(stamp.name.removesuffix(TOKEN_SUFFIX))
            try:
                at = verify_stamp(stamp.read_bytes(), path.read_bytes(), trusted)
                found.append((path.name, format_time(at)))
            except (AuditError, OSError) as error:
                found.append((path.name, f"wrong: {error}"))
        return tuple(found)
