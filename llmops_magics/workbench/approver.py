"""Who signs a decision on a release: a person's own registered key, and access that permits it.

A model that runs code must not approve, so nothing is signed inside a gate; elsewhere a signature
takes the private key, which is its owner's and outside the workspace.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from llmops_magics.errors import ApprovalError, SigningError
from llmops_magics.guard.access.resource import Resource
from llmops_magics.record import format_time, in_gate, utc_now
from llmops_magics.release.approval import record
from llmops_magics.release.approval.author import is_author, same_person

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.approval.readiness import Question
    from llmops_magics.release.approval.record import Approval, Readiness
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.signing import Signing

_Signed = tuple["Approval", str]
_APPROVER = "approver"  # the role that the package's own policies know


class Approver:
    """Signs decisions as who acts, and says who may not."""

    def __init__(
        self,
        actor: Callable[[], str],
        *,
        access: Callable[[], Access],
        signing: Callable[[], Signing],
    ) -> None:
        self._actor = actor
        self._access = access
        self._signing = signing

    def decide(
        self,
        found: Readiness,
        decision: str,
        reason: str,
        *,
        shown: str,
        authors: tuple[str, ...],
        max_age: timedelta,
    ) -> _Signed:
        """Sign a yes or a no to what is there; raises ``ApprovalError``."""
        from llmops_magics.release.approval.readiness import dossiers_by_gate, shown_digest

        if decision not in record.DECISIONS:
            raise ApprovalError(f"{decision!r} is no decision.", hint="Say approve or reject.")
        said, owner = self.reason(reason), self.owner()
        for name in (owner, self._actor()):
            if is_author(authors, name):
                raise self.refused(f"{name} is an author of {found.ref}: four eyes")
        if shown and shown != shown_digest(found):
            raise self.changed(found)
        open_gates = [r for r in found.requirements if not r.met and _is_gate(r)]
        if decision == record.APPROVE and open_gates:
            raise ApprovalError(
                f"there is nothing to approve yet: {open_gates[0].name}: {open_gates[0].said}",
                hint="An approval signs the gates' dossiers, so they come first.",
            )
        return self._sign(
            found.bundle,
            dossiers_by_gate(found),
            environment=found.environment,
            decision=decision,
            approver=owner,
            reason=said,
            shown_digest=shown_digest(found),
            age=max_age,
        )

    def break_glass(self, found: Readiness, reason: str) -> _Signed:
        """Sign for what is missing in an emergency; raises ``AccessDeniedError``."""
        from llmops_magics.release.approval.readiness import dossiers_by_gate, shown_digest

        said, owner = self.reason(reason), self.owner()
        for name in dict.fromkeys((owner, self._actor())):
            self._access().require(
                name, "release", Resource(kind="environment", name=found.environment)
            )
        return self._sign(
            found.bundle,
            dossiers_by_gate(found),
            missing=found.missing,
            environment=found.environment,
            decision=record.BREAK_GLASS,
            approver=owner,
            reason=said,
            shown_digest=shown_digest(found),
        )

    def withdraw(self, connection: Connection, approval_id: str, reason: str) -> _Signed:
        """Sign that one's own decision is taken back."""
        said, owner = self.reason(reason), self.owner()
        given, bundle = self._read(connection, approval_id)
        if given.decision not in record.DECISIONS:
            raise ApprovalError(f"{approval_id} is no approval that one could withdraw.")
        if not same_person(given.approver, owner):
            raise self.refused(f"{approval_id} is {given.approver}'s, and they take it back")
        return self._about(given, bundle, record.WITHDRAW, owner, said)

    def review(self, connection: Connection, glass_id: str, reason: str) -> _Signed:
        """Sign a review of broken glass."""
        said, owner = self.reason(reason), self.owner()
        given, bundle = self._read(connection, glass_id)
        if given.decision != record.BREAK_GLASS:
            raise ApprovalError(f"{glass_id} is no broken glass, so it needs no review.")
        for name in (owner, self._actor()):
            if same_person(given.approver, name):
                raise self.refused(f"{name} broke the glass: somebody else reviews it")
        if why := self._environment_refusal(owner, given.environment, given.approver):
            raise self.refused(why)
        return self._about(given, bundle, record.REVIEW, owner, said)

    def write(self, connection: Connection, given: Approval, envelope: str) -> None:
        """Write a signed decision beside its event."""
        from llmops_magics.audit.signing.envelope import Envelope
        from llmops_magics.release.approval.ledger import write_approval

        digest = Envelope.from_json(envelope).digest
        write_approval(connection, given, envelope, actor=self._actor(), digest=digest)

    def write_glass(self, connection: Connection, found: Readiness) -> None:
        """Write the broken glass of a readiness, where there is one."""
        if found.broken_glass is not None:
            self.write(connection, found.broken_glass, found.glass_envelope)

    def owner(self) -> str:
        """Return whose key signs by the register; raises ``ApprovalError`` for nobody's."""
        if in_gate():
            raise ApprovalError(
                "nothing is approved inside a gate: what runs there is code, and no person.",
                hint="Approve in a notebook of your own, or with llmops approve.",
            )
        try:
            key = self._signing().signer()
            known = self._signing().register.find(key.key_id)
        except SigningError as error:
            raise ApprovalError(f"no key to sign with: {error.message}", hint=error.hint) from error
        if known is None or known.public != key.public_hex:
            raise ApprovalError(
                f"the key {key.key_id} is nobody's in the register, so its signature proves "
                "nothing.",
                hint="Register it: llmops keys add.",
            )
        if known.revoked_at:
            raise ApprovalError(
                f"the key {key.key_id} was revoked: {known.reason}.",
                hint="Make another: llmops keys new --replace.",
            )
        return known.name

    def why_not(self, asked: Question, name: str, *, is_recorded: bool = False) -> str:
        """Say why somebody may not approve a version, "" if they may.

        With ``is_recorded`` a refusal goes into the audit trail.
        """
        author, role = asked.version.author, asked.policy.role
        resource = Resource(kind="environment", name=asked.environment, author=author)
        listed = Resource(kind="prompt", name=asked.version.name, author=author)
        access = self._access()
        decided = access.authorize(name, "approve", resource)
        if decided.allowed:
            of_prompt = access.authorize(name, "approve", listed)
            # Nothing permits it in general, but a list for this prompt may forbid it.
            decided = of_prompt if of_prompt.policies else decided
        if not decided.allowed:
            if is_recorded:
                access.record(decided)
            return decided.sentence.rstrip(".")
        if role != _APPROVER and role not in access.principal(name).roles:
            return f"{name} has not the role {role}"
        return ""

    def why_not_by(self, found: Readiness, name: str) -> str:
        """Say why somebody may not approve what a readiness is of, "" if they may."""
        return self._environment_refusal(name, found.environment, found.author)

    def refused(self, why: str) -> ApprovalError:
        """Return the error of somebody who may not."""
        return ApprovalError(f"{why}.", hint="%llm_approvals says who may.")

    def changed(self, found: Readiness) -> ApprovalError:
        """Return the error of evidence that is no more what was shown."""
        return ApprovalError(
            f"what there is of {found.ref} for {found.environment} is not what was shown.",
            hint="Look at it again: a gate ran, or an index moved.",
        )

    @staticmethod
    def reason(reason: str) -> str:
        """Return a reason as it is kept, masked; raises ``ApprovalError`` for none."""
        from llmops_magics.prompts.labelling import keepable

        said = keepable(reason)
        if not said:
            raise ApprovalError("it is done for a reason only.", hint="Say --reason WHY.")
        return said

    @staticmethod
    def new_id(kind: str) -> str:
        """Return an id that sorts by time."""
        return f"{kind}-{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"

    def _environment_refusal(self, name: str, environment: str, author: str) -> str:
        resource = Resource(kind="environment", name=environment, author=author)
        decided = self._access().authorize(name, "approve", resource)
        return "" if decided.allowed else decided.sentence.rstrip(".")

    def _read(self, connection: Connection, approval_id: str) -> tuple[Approval, ReleaseBundle]:
        from llmops_magics.audit.signing.envelope import Envelope, read_payload
        from llmops_magics.release.approval.bundle import ReleaseBundle
        from llmops_magics.release.approval.ledger import approval_row
        from llmops_magics.release.approval.standing import read_row

        row = approval_row(connection, approval_id)
        if row is None:
            raise ApprovalError(
                f"there is no approval {approval_id[:80]!r}.", hint="%llm_approvals lists them."
            )
        given = read_row(row, self._signing().register)
        payload = Envelope.from_json(row["envelope"]).payload
        return given, ReleaseBundle.from_dict(read_payload(payload)["predicate"]["bundle"])

    def _about(
        self, given: Approval, bundle: ReleaseBundle, decision: str, owner: str, reason: str
    ) -> _Signed:
        return self._sign(
            bundle,
            {f"of-{number}": digest for number, digest in enumerate(given.dossiers)},
            environment=given.environment,
            decision=decision,
            approver=owner,
            reason=reason,
            about=given.id,
        )

    def _sign(
        self,
        bundle: ReleaseBundle,
        dossiers: Mapping[str, str],
        *,
        age: timedelta = timedelta(0),
        missing: tuple[str, ...] = (),
        **said: str,
    ) -> _Signed:
        from llmops_magics.release.approval.attestation import attest, read_attestation

        now = utc_now()
        at, ends = format_time(now), format_time(now + age)
        made = attest(bundle, dossiers, missing=missing, at=at, expires_at=ends, **said)
        envelope = self._signing().sign(made)
        return read_attestation(made, envelope.key_id), envelope.to_json()


def _is_gate(requirement: record.Requirement) -> bool:
    return requirement.name.startswith(("gate ", "index "))
