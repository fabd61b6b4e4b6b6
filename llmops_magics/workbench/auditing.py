"""The audit trail and what is asked of it, all in one place: ``workspace.audit``.

Each method is what ``%llm_audit`` and ``llmops audit`` call, by the same name. Where the trail
names nobody, events are shown with the names of those whose key is here; what leaves the store
stays sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.search import DEFAULT_LIMIT, AuditLog, AuditSearch, event_at, find_events
from llmops_magics.errors import AuditError, SigningError, UsageError
from llmops_magics.workbench.asked import prompt_and_environment, stored_moment

if TYPE_CHECKING:
    from llmops_magics.audit.checkpoint import Checkpoint
    from llmops_magics.audit.erasure import Erasure
    from llmops_magics.audit.export import AuditExport
    from llmops_magics.audit.retention import Hold, RetentionReport
    from llmops_magics.audit.verification import AuditReport
    from llmops_magics.config.settings import Settings
    from llmops_magics.release.account.record import Account
    from llmops_magics.release.dossier.record import DossierReport
    from llmops_magics.release.mapping.report import MappingReport
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.approvals import Approvals
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.incidents import Incidents
    from llmops_magics.workbench.signing import Signing

MAX_EVENTS = 10_000


class Auditing:
    """The trail of one workspace: read, verified, exported, and explained."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        signing: Callable[[], Signing],
        dossiers: Callable[[], Dossiers],
        approvals: Callable[[], Approvals],
        flush: Callable[[], None] = lambda: None,
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._actor = actor
        self._signing = signing
        self._dossiers = dossiers
        self._approvals = approvals
        self._flush = flush

    def log(
        self,
        resource: str = "",
        *,
        actor: str = "",
        action: str = "",
        since: str = "",
        until: str = "",
        limit: int = DEFAULT_LIMIT,
    ) -> AuditLog:
        """Return events, the newest first.

        ``resource`` may be a prompt's name, its version or its environment, ``action`` the front of
        one such as ``release``; times are ``2h`` or ``7d`` ago, or a date (UTC).
        """
        if not 0 < limit <= MAX_EVENTS:
            raise UsageError(f"{limit} is no number of events from 1 to {MAX_EVENTS:,}.")
        search = _search(resource=resource, actor=actor, action=action, since=since, until=until)
        with self._store().read() as connection:
            from llmops_magics.audit.erasure import Names

            names = Names(connection)
            found = find_events(connection, search, limit=limit)
            return replace(found, events=tuple(map(names.event, found.events)))

    def show(self, seq: int) -> AuditEvent:
        """Return one event by its number."""
        from llmops_magics.audit.erasure import Names

        with self._store().read() as connection:
            event = event_at(connection, seq)
            if event is None:
                raise AuditError(
                    f"There is no event {seq}.", hint="See `llmops audit log` for what there is."
                )
            return Names(connection).event(event)

    def verify(
        self, target: str | Path = "", *, head: str = "", roots: str | Path = ""
    ) -> AuditReport | DossierReport:
        """Check the whole trail, its signed heads and every dossier; or one dossier alone.

        ``target`` is the folder of a dossier (no store is opened then), its id or its digest.
        ``head`` is a hash of the chain that was kept elsewhere, ``roots`` a file of certificates
        (PEM) that timestamps are checked against.
        """
        if not target:
            return self.inspect(head=head, roots=roots)
        from llmops_magics.release.dossier.check import verify_dossier

        if head or roots:
            raise UsageError("a head is of the trail.", hint="Leave the dossier or the head out.")
        folder = Path(target).expanduser()
        if folder.is_dir():
            return verify_dossier(folder, self._signing().register)
        return self._dossiers().verify(target)

    def inspect(self, *, head: str = "", roots: str | Path = "") -> AuditReport:
        """Check the whole trail, its signed heads and every dossier; ``head`` as in ``verify``."""
        from llmops_magics.release.inspection import inspect_all

        return inspect_all(
            self._store(),
            self._root,
            self._signing().register,
            self._checkpoints,
            expected_head=head,
            roots=Path(roots).read_bytes() if roots else b"",
        )

    def checkpoint(self, *, git: bool = False, timestamp: str | bool = False) -> Checkpoint:
        """Sign the head of the trail with one's own key, and put it where git can keep it.

        With ``git`` the file is committed by itself. ``timestamp`` is the address of an authority
        (RFC 3161) that dates it, or true for that of the settings.
        """
        from llmops_magics.audit.checkpoint import make_checkpoint
        from llmops_magics.audit.publication import commit_file, stamp_file

        address = self._settings().audit.timestamp_url if timestamp is True else timestamp or ""
        if timestamp and not address:
            raise UsageError("no authority is named.", hint="Set [audit] timestamp_url, or URL.")
        signing = self._signing()
        if signing.register.find(signing.signer().key_id) is None:
            raise SigningError(
                "nobody knows your key: what it signs vouches for nothing.",
                hint="Register it with `llmops keys add`.",
            )
        made = make_checkpoint(self._store(), signing.sign, self._checkpoints, actor=self._actor())
        file = self._checkpoints / made.file
        stamped = [stamp_file(file, address)] if address else []
        published = [f"{path.name} by {address}" for path in stamped]
        for path in (file, *stamped) if git else ():
            commit = commit_file(self._root, path, f"Signed head of the audit trail: {made.seq}")
            published.append(f"{path.name} in git {commit[:12]}")
        return replace(made, published=tuple(published))

    def erase(self, subject: str, reason: str) -> Erasure:
        """Forget the key of a person's sealed values; the chain holds as before.

        ``subject`` is a name or a pseudonym (``person-1f0c…``). Nothing brings it back.
        """
        from llmops_magics.audit.erasure import erase
        from llmops_magics.prompts.labelling import keepable

        said = keepable(reason)
        if not said:
            raise UsageError("a person is erased for a reason.", hint="Add --reason TEXT.")
        with self._store().write(lock="audit_subject") as connection:
            return erase(connection, subject, said, actor=self._actor())

    def who(self, name: str, *, at: str = "") -> Account:
        """Tell who approved what ``prompt@environment`` serves, and what it did.

        ``at`` asks for a moment of the past: a date or time (UTC), or how long ago.
        """
        from llmops_magics.config.release import environments_of
        from llmops_magics.prompts.registry import PromptRegistry
        from llmops_magics.release.account.account import Sources, account_of

        prompt, environment = prompt_and_environment(name)
        self._flush()
        known = environments_of(self._settings().environments).get(environment)
        sources = Sources(
            store=self._store(),
            prompts=PromptRegistry(self._store(), actor=self._actor),
            approvals=self._approvals().of,
            dossier=self._dossiers().get,
            owner=self._signing().register.owner,
        )
        return account_of(
            sources,
            prompt,
            environment,
            label=known.label if known else "",
            at=stored_moment(at),
        )

    def report(
        self, *, frameworks: Sequence[str] = (), since: str = "", until: str = ""
    ) -> MappingReport:
        """Map the records of a time to laws and standards: what is there, what is missing.

        ``frameworks`` are ids such as ``eu-ai-act``; left out, all.
        """
        from llmops_magics.workbench.audit_report import report_of

        self._flush()
        return report_of(
            self._store(),
            self.inspect(),
            self._settings(),
            workspace=self._root.name,
            actor=self._actor(),
            period=(stored_moment(since), stored_moment(until)),
            frameworks=frameworks,
        )

    def export(
        self,
        format_: str,
        path: str | Path,
        *,
        resource: str = "",
        since: str = "",
        until: str = "",
        frameworks: Sequence[str] = (),
        render: Callable[[MappingReport], str] | None = None,
    ) -> AuditExport:
        """Write the trail as ``csv`` or ``jsonl``, or the report as ``html``.

        ``jsonl`` comes with the signed heads and a script that verifies it elsewhere. ``render``
        makes the page of the report (``views.mapping.mapping_report_page``).
        """
        from llmops_magics.audit.export import FORMATS, export_trail
        from llmops_magics.workbench.audit_report import REPORT, written_report

        target = Path(path).expanduser()
        if format_ == REPORT and render is not None:
            made = self.report(frameworks=frameworks, since=since, until=until)
            return written_report(target, made, render)
        if format_ not in FORMATS:
            known = ", ".join((*FORMATS, REPORT))
            raise UsageError(f"{format_!r} is no format of an export.", hint=f"Give {known}.")
        search = _search(resource=resource, since=since, until=until)
        with self._store().read() as connection:
            return export_trail(connection, format_, target, search)

    def retention(self, *, apply: bool = False) -> RetentionReport:
        """Say what is kept, what may go and what is held; ``apply`` deletes dossiers that may."""
        from llmops_magics.release.retention import delete_expired, retention_report

        keep = {str(name): time for name, time in self._settings().audit.retention.items()}
        if apply:
            return delete_expired(self._store(), keep, self._root, actor=self._actor())
        return retention_report(self._store(), keep, self._root)

    def hold(self, resource: str, reason: str, *, end: bool = False) -> Hold:
        """Let nothing of a resource (``support/*``) be deleted, or with ``end`` let it again."""
        from llmops_magics.audit.retention import hold, unhold
        from llmops_magics.prompts.labelling import keepable

        with self._store().write() as connection:
            change = unhold if end else hold
            return change(connection, resource, keepable(reason), actor=self._actor())

    @property
    def incidents(self) -> Incidents:
        """What went wrong in production: opened, closed and listed."""
        from llmops_magics.workbench.incidents import Incidents

        return Incidents(self._store, self._actor)

    @property
    def _checkpoints(self) -> Path:
        return self._root / self._settings().audit.checkpoints


def _search(**filters: Any) -> AuditSearch:
    times = {name: stored_moment(filters.pop(name, "")) for name in ("since", "until")}
    return AuditSearch(**filters, **times)
