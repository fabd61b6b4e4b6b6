"""What a release needs, and who said yes: ``workspace.approvals``.

An approval is a signature of a registered key under exactly this bundle and exactly these dossiers
for exactly this environment. It is verified from what was signed, never from the row that holds
it, each time that it is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_magics.errors import EvidenceError, ReleaseError
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.approval import record
from llmops_magics.workbench.approver import Approver

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.approval.readiness import Question, Sources
    from llmops_magics.release.approval.record import (
        Approval,
        ApprovalList,
        ApprovalRequest,
        Readiness,
    )
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.signing import Signing


class Approvals:
    """Requests, approvals and broken glass of one workspace."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        prompts: Callable[[], PromptRegistry],
        access: Callable[[], Access],
        signing: Callable[[], Signing],
        dossiers: Callable[[], Dossiers],
        runs: Callable[[str], EvalRun],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._prompts = prompts
        self._dossiers = dossiers
        self._runs = runs
        self._signing = signing
        self._approver = Approver(actor, access=access, signing=signing)

    def bundle(self, ref: str) -> ReleaseBundle:
        """Return what would be released of a reference: version, model, settings, indexes.

        Raises ``PromptReferenceError``, and ``ReleaseError`` for a corpus without an index.
        """
        return self._question(ref, "").bundle

    def readiness(self, ref: str, environment: str) -> Readiness:
        """Return what an environment asks of a release, and what of it is there."""
        return self._readiness(self._question(ref, environment))

    def require(self, ref: str, environment: str, *, break_glass: str = "") -> Readiness:
        """Return the readiness of what is ready; raises ``EvidenceError`` with all that is missing.

        ``break_glass`` is the reason of an emergency: what is missing is then signed for with the
        key of who acts, who needs the access ``release``; ``check_still`` writes it.
        """
        found = self.readiness(ref, environment)
        if found.ready:
            return found
        if break_glass.strip():
            given, envelope = self._approver.break_glass(found, break_glass)
            return replace(found, broken_glass=given, glass_envelope=envelope)
        raise EvidenceError(
            f"{found.ref} is not ready for {environment}: {' '.join(found.missing)}",
            hint=f"`llmops approvals show {found.ref} {environment}` shows all of it.",
            missing=found.missing,
        )

    def check_still(self, connection: Connection, readiness: Readiness) -> None:
        """Check, in the transaction of a release, that what it rests on is as it was.

        Writes the broken glass and its event ``release.break_glass`` where there is one. Raises
        ``EvidenceError`` where something came, went or lapsed meanwhile.
        """
        from llmops_magics.release.approval.readiness import read_mark

        asked = self._question(readiness.ref, readiness.environment)
        changed = [] if asked.bundle.digest == readiness.bundle_digest else ["the bundle"]
        if readiness.broken_glass is None:
            was, now = readiness.mark, read_mark(connection, asked)
            parts = ("gate_runs", "approvals", "after", "index")
            changed += [part for part in parts if getattr(was, part) != getattr(now, part)]
            if not changed:
                changed = self._lapsed(connection, asked, readiness)
        if changed:
            raise EvidenceError(
                f"what the release of {readiness.ref} rests on changed meanwhile: "
                f"{', '.join(changed).replace('_', ' ')}.",
                hint="Nothing was released. Look again, and promote again.",
                missing=tuple(changed),
            )
        self._approver.write_glass(connection, readiness)

    def request(self, ref: str, environment: str, reason: str) -> ApprovalRequest:
        """Ask for the approvals that a release needs; asked already, return that request."""
        from llmops_magics.release.approval.ledger import write_request
        from llmops_magics.workbench.waiting import asked_already

        said = self._approver.reason(reason)
        found = self.readiness(ref, environment)
        if found.ready:
            raise ReleaseError(
                f"nothing is missing: {found.ref} may go to {environment}.",
                hint=f"llmops release promote {found.ref} --to {environment}",
            )
        made = record.ApprovalRequest(
            id=self._approver.new_id("req"),
            environment=environment,
            prompt=found.bundle.prompt,
            number=found.bundle.number,
            bundle_digest=found.bundle_digest,
            actor=self._actor(),
            reason=said,
            at=format_time(utc_now()),
            missing=found.missing,
        )
        with self._store().write(lock=f"approval {found.bundle_digest}") as connection:
            there = asked_already(connection, made)
            if there is None:
                write_request(connection, made, found.bundle)
        return there or made

    def approve(
        self,
        ref: str,
        environment: str,
        reason: str,
        *,
        decision: str = record.APPROVE,
        shown: str = "",
    ) -> Approval:
        """Sign a yes, or with ``decision="reject"`` a no, to what is there now.

        ``shown`` is the ``shown_digest`` of the readiness that the approver was shown: where it is
        something else by now, ``ApprovalError``. That is raised too for an author, for a key that
        nobody registered, inside a gate, and for what has not passed its gates.
        """
        from llmops_magics.release.approval.readiness import read_mark

        asked = self._question(ref, environment)
        found = self._readiness(asked)
        with self._store().read() as connection:
            authors = self._authors(connection, asked)
        age = asked.policy.approval_max_age
        given, envelope = self._approver.decide(
            found, decision, reason, shown=shown, authors=authors, max_age=age
        )
        if why := self._approver.why_not(asked, given.approver, is_recorded=True):
            raise self._approver.refused(why)
        with self._store().write(lock=f"approval {found.bundle_digest}") as connection:
            now = read_mark(connection, asked)
            if replace(now, approvals=0) != replace(found.mark, approvals=0):
                raise self._approver.changed(found)
            self._approver.write(connection, given, envelope)
        return given

    def withdraw(self, approval_id: str, reason: str) -> Approval:
        """Take one's own approval or rejection back."""
        with self._store().write(lock=f"approval {approval_id}") as connection:
            given, envelope = self._approver.withdraw(connection, approval_id, reason)
            self._approver.write(connection, given, envelope)
        return given

    def review(self, glass_id: str, reason: str) -> Approval:
        """Say what one makes of broken glass afterwards; never who broke it."""
        with self._store().write(lock=f"approval {glass_id}") as connection:
            given, envelope = self._approver.review(connection, glass_id, reason)
            self._approver.write(connection, given, envelope)
        return given

    def waiting(self) -> ApprovalList:
        """Return what waits for approval or review, for whom, and how long."""
        from llmops_magics.workbench.waiting import read_waiting

        return read_waiting(
            self._store(), self._signing().register, self.readiness, self._approver.why_not_by
        )

    def of(self, bundle_digest: str, environment: str) -> tuple[Approval, ...]:
        """Return every approval of a bundle for an environment, as it counts now."""
        from llmops_magics.release.approval.ledger import approval_rows
        from llmops_magics.release.approval.standing import Ground, read_rows

        with self._store().read() as connection:
            rows = approval_rows(connection, bundle_digest, environment)
            ground = Ground(register=self._signing().register, now=utc_now())
            signed = next((a for a in read_rows(rows, ground) if a.state != "refused"), None)
        if signed is None:
            return read_rows(rows, ground)
        found = self.readiness(f"{signed.prompt}@{signed.number}", environment)
        if found.bundle_digest == bundle_digest:
            return found.approvals
        return read_rows(rows, replace(ground, dossiers=frozenset({"the bundle is another now"})))

    def _readiness(self, asked: Question) -> Readiness:
        from llmops_magics.release.approval.readiness import read_readiness

        with self._store().read() as connection:
            return read_readiness(connection, asked, self._sources(asked), utc_now())

    def _question(self, ref: str, environment: str) -> Question:
        """Return what is asked; with no environment, what is the same for each."""
        from llmops_magics.config.release import EnvironmentSettings
        from llmops_magics.release.approval.bundle import bundle_of
        from llmops_magics.release.approval.further import newest_state, served_bundle
        from llmops_magics.release.approval.policy import corpora_of, environment_of, tier_of_change
        from llmops_magics.release.approval.readiness import Question, index_now

        settings = self._settings()
        known = environment_of(settings, environment) if environment else EnvironmentSettings()
        version = self._prompts().get(ref, with_diff=True)
        with self._store().read() as connection:
            index = index_now(connection, corpora_of(settings, version.name))
            served = served_bundle(newest_state(connection, environment, version.name))
        if none := [corpus for corpus, fingerprint in index.items() if not fingerprint]:
            raise ReleaseError(
                f"{version.name} reads the corpus {none[0]!r}, which has no index.",
                hint=f"%llm_index build {none[0]}, or mend [release.prompts] in llmops.toml.",
            )
        before = self._prompts().get(served.ref) if served else None
        return Question(
            version=version,
            bundle=bundle_of(version, model=settings.production_model, index=index),
            environment=environment,
            settings=known,
            tier=tier_of_change(settings, version, before),
        )

    def _sources(self, asked: Question) -> Sources:
        from llmops_magics.release.approval.readiness import Sources
        from llmops_magics.release.gate.licensed import in_store

        return Sources(
            shelf=self._dossiers(),
            register=self._signing().register,
            runs=self._runs,
            find_licence=in_store(self._store()),
            may=lambda name: self._approver.why_not(asked, name),
            diff=self._prompts().diff,
        )

    def _authors(self, connection: Connection, asked: Question) -> tuple[str, ...]:
        from llmops_magics.release.approval.author import authors_of

        return authors_of(connection, asked.bundle.prompt, asked.bundle.prompt_digest)

    def _lapsed(self, connection: Connection, asked: Question, readiness: Readiness) -> list[str]:
        """Say what lapsed since, by the clock, the keys' register and today's access."""
        from llmops_magics.release.approval.readiness import standing_approvals

        now = utc_now()
        if readiness.lapses_at and format_time(now) >= readiness.lapses_at:
            return ["something is too old by now"]
        dossiers = frozenset(each.dossier for each in readiness.dossiers)
        counted = standing_approvals(connection, asked, self._sources(asked), dossiers, now)
        valid = {each.id for each in counted if each.is_valid}
        same = valid == {each.id for each in readiness.approvals if each.is_valid}
        return [] if same else ["approvals"]
