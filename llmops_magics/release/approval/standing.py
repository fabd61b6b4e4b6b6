"""What an approval counts for now: verified from its signature, and held against what is there.

It lapses when anything in it changes: the bundle, a dossier, the environment, its key, its time.
Only a no stands whatever dossiers there are: nobody gets rid of it by running the gate once more.
A row that says something else than what was signed counts for nothing, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.audit.signing.envelope import Envelope, verify
from llmops_magics.errors import ApprovalError, ReleaseError, SigningError
from llmops_magics.record import format_time, parse_time
from llmops_magics.release.approval import record
from llmops_magics.release.approval.attestation import read_attestation
from llmops_magics.release.approval.author import is_author, plain_name, same_person
from llmops_magics.release.approval.record import Approval

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import KeyRegister

CLOCKS: Final = timedelta(minutes=5)  # how far two machines' clocks may be apart
# Columns of a row that must say what was signed; ``withdraws`` is ``about`` there.
_SAME: Final = (
    *("id", "environment", "prompt", "bundle_digest", "decision", "approver", "key_id"),
    *("reason", "at", "expires_at"),
)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What approvals are held against.

    ``dossiers`` are the digests that count now, ``authors`` who may not approve, ``max_age`` how
    long an approval lasts by today's policy. ``may`` says why a person may not approve, "" if
    they may.
    """

    register: KeyRegister
    now: datetime
    authors: tuple[str, ...] = ()
    dossiers: frozenset[str] = frozenset()
    max_age: timedelta = timedelta.max
    may: Callable[[str], str] = field(default=lambda _name: "")


def read_row(row: Mapping[str, Any], register: KeyRegister) -> Approval:
    """Return what was signed in a row; raises ``ApprovalError`` where that does not hold."""
    try:
        envelope = Envelope.from_json(row["envelope"])
        found = verify(envelope)
        said = read_attestation(found.statement, found.key_id)
    except (SigningError, ReleaseError) as error:
        raise ApprovalError(f"its signature does not hold: {error.message}") from error
    differs = [name for name in _SAME if getattr(said, name) != row[name]]
    differs += ["about"] if said.about != row["withdraws"] else []
    differs += ["dossiers"] if list(said.dossiers) != sorted(row["dossiers"]) else []
    if differs:
        raise ApprovalError(f"its row says something else than what was signed: {differs[0]}.")
    known = register.find(found.key_id)
    if known is None or known.public != found.public_hex:
        raise ApprovalError(f"the register does not know its key {found.key_id}.")
    if known.name != said.approver:
        raise ApprovalError(f"its key is {known.name}'s and not {said.approver}'s.")
    if said.at < known.added_at:
        raise ApprovalError("it was signed before its key was registered.")
    return said


def read_rows(rows: Sequence[Mapping[str, Any]], ground: Ground) -> tuple[Approval, ...]:
    """Return what each row counts for now, in their order."""
    read = [_read(row, ground.register) for row in rows]
    held = [each for each in read if each.state == "valid"]
    return tuple(_standing(each, held, ground) for each in read)


def _read(row: Mapping[str, Any], register: KeyRegister) -> Approval:
    try:
        return read_row(row, register)
    except ApprovalError as error:
        return _refused(row, error.message)


def _refused(row: Mapping[str, Any], why: str) -> Approval:
    """Return a row as it stands, which counts for nothing."""
    return Approval(
        id=row["id"],
        environment=row["environment"],
        prompt=row["prompt"],
        bundle_digest=row["bundle_digest"],
        decision=row["decision"],
        approver=row["approver"],
        key_id=row["key_id"],
        reason=row["reason"],
        at=row["at"],
        expires_at=row["expires_at"],
        number=0,
        dossiers=tuple(map(str, row["dossiers"])),
        about=row["withdraws"],
        shown_digest="",
        state="refused",
        why=why,
    )


def _standing(given: Approval, held: Sequence[Approval], ground: Ground) -> Approval:
    if given.state != "valid":
        return given
    if given.decision == record.BREAK_GLASS:
        return _of_glass(given, held, ground)
    if given.decision not in record.DECISIONS:
        return replace(given, state="done")
    for check in (_withdrawn, _lapsed, _not_permitted):
        state, why = check(given, held, ground)
        if state:
            return replace(given, state=state, why=why)
    return given


def _of_glass(given: Approval, held: Sequence[Approval], ground: Ground) -> Approval:
    for other in held:
        is_about = other.decision == record.REVIEW and other.about == given.id
        if (
            is_about
            and not _gone_key(other, ground)
            and not same_person(other.approver, given.approver)
        ):
            why = f"{other.approver} reviewed it on {other.at[:10]}: {other.reason}"
            return replace(given, state="reviewed", why=why)
    return replace(given, state="needs review", why="nobody else has reviewed it yet")


def _withdrawn(given: Approval, held: Sequence[Approval], _: Ground) -> tuple[str, str]:
    """Say whether the same person took it back, or decided again since.

    What a key that was revoked took back stays taken back.
    """
    for other in held:
        if not same_person(other.approver, given.approver):
            continue
        if other.decision == record.WITHDRAW and other.about == given.id:
            return "withdrawn", f"taken back on {other.at[:10]}: {other.reason}"
        later = (other.at, other.id) > (given.at, given.id)
        if later and other.decision in record.DECISIONS:
            return "replaced", f"{given.approver} decided again on {other.at[:10]}"
    return "", ""


def _lapsed(given: Approval, _: Sequence[Approval], ground: Ground) -> tuple[str, str]:
    if why := _gone_key(given, ground):
        return "lapsed", why
    if parse_time(given.at) > ground.now + CLOCKS:
        return "refused", "it was signed in the future"
    if format_time(ground.now) >= ends_at(given, ground.max_age):
        return "expired", f"it ended on {ends_at(given, ground.max_age)[:16]}"
    is_other = set(given.dossiers) != ground.dossiers
    if is_other and given.decision == record.APPROVE:  # a no outlives that the gate ran again
        return "lapsed", "the dossiers that count now are not those that it signed"
    return "", ""


def _not_permitted(given: Approval, _: Sequence[Approval], ground: Ground) -> tuple[str, str]:
    if is_author(ground.authors, given.approver):
        return "refused", f"{given.approver} is an author of this version: four eyes"
    why = ground.may(given.approver)
    return ("refused", why) if why else ("", "")


def _gone_key(given: Approval, ground: Ground) -> str:
    known = ground.register.find(given.key_id)
    if known is None or known.revoked_at:
        return f"its key {given.key_id} was revoked"
    return ""


def ends_at(given: Approval, max_age: timedelta) -> str:
    """Return when an approval ends: as it says, or as today's policy has it if that is earlier."""
    try:
        by_policy = format_time(parse_time(given.at) + max_age)
    except OverflowError:
        return given.expires_at
    return min(given.expires_at, by_policy)


def people(approvals: Sequence[Approval], decision: str) -> tuple[Approval, ...]:
    """Return the valid ones of a decision, one a person and one a key, the oldest first."""
    found: list[Approval] = []
    for each in approvals:
        is_new = all(
            plain_name(each.approver) != plain_name(other.approver) and each.key_id != other.key_id
            for other in found
        )
        if each.is_valid and each.decision == decision and is_new:
            found.append(each)
    return tuple(found)
