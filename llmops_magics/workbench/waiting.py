"""What waits for people: requests that lack approvals, and broken glass that nobody reviewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import LlmopsError
from llmops_magics.record import format_time, parse_time, utc_now
from llmops_magics.release.approval import record
from llmops_magics.release.approval.author import authors_of, is_author, same_person
from llmops_magics.release.approval.further import served_bundle, states_since
from llmops_magics.release.approval.ledger import approval_rows, glass_rows, request_rows
from llmops_magics.release.approval.record import (
    Approval,
    ApprovalList,
    ApprovalRequest,
    Readiness,
    Waiting,
)
from llmops_magics.release.approval.standing import Ground, people, read_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.audit.signing.register import KeyRegister
    from llmops_magics.storage.store import Store

MOST: Final = 200  # requests that are looked at, the newest
_Ready = Callable[[str, str], Readiness]
_WhyNot = Callable[[Readiness, str], str]


def read_waiting(
    store: Store, register: KeyRegister, readiness: _Ready, why_not: _WhyNot
) -> ApprovalList:
    """Return what waits; of a prompt and an environment the newest request alone."""
    now = utc_now()
    with store.read() as connection:
        requests = list(_open_requests(connection))
        glasses = list(_open_glasses(connection, register, now))
        authors = {each["id"]: _authors(connection, each) for each in requests}
    found = [_of_glass(each, register, now) for each in glasses]
    for row in requests:
        try:
            ready = readiness(f"{row['prompt']}@{row['bundle']['number']}", row["environment"])
        except LlmopsError:  # the environment or an index is gone: nobody can say yes to it now
            continue
        if ready.bundle_digest == row["bundle_digest"]:  # else another bundle by now
            not_by = authors[row["id"]]
            may = [n for n in _people(register) if _may(n, ready, not_by, why_not)]
            found.append(_of_request({**row, "not_by": not_by}, ready, may, now))
    return ApprovalList(
        waiting=tuple(sorted(found, key=lambda each: each.since)), at=format_time(now)
    )


def asked_already(connection: Connection, made: ApprovalRequest) -> ApprovalRequest | None:
    """Return the request that the same person made for the same bundle, None for none."""
    for row in request_rows(connection, MOST):
        if (row["bundle_digest"], row["environment"], row["actor"]) == (
            made.bundle_digest,
            made.environment,
            made.actor,
        ):
            return ApprovalRequest(
                id=row["id"],
                environment=made.environment,
                prompt=made.prompt,
                number=made.number,
                bundle_digest=made.bundle_digest,
                actor=made.actor,
                reason=row["reason"],
                at=row["at"],
                missing=made.missing,
            )
    return None


def _open_requests(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the newest request of each prompt and environment that was not released since.

    ``since`` is when its bundle was first asked for.
    """
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in request_rows(connection, MOST):
        there = newest.setdefault((row["prompt"], row["environment"]), row)
        if row["bundle_digest"] == there["bundle_digest"]:
            there["since"] = row["at"]
    for (prompt, environment), row in newest.items():
        states = states_since(connection, environment, prompt, row["at"])
        served = {bundle.digest for each in states if (bundle := served_bundle(each))}
        if row["bundle_digest"] not in served:
            yield row


def _open_glasses(
    connection: Connection, register: KeyRegister, now: datetime
) -> Iterator[Approval]:
    ground = Ground(register=register, now=now)
    for row in glass_rows(connection):
        about = approval_rows(connection, row["bundle_digest"], row["environment"])
        standing = next(a for a in read_rows(about, ground) if a.id == row["id"])
        if standing.state != "reviewed":  # one that cannot be verified waits as well
            yield standing


def _authors(connection: Connection, row: Mapping[str, Any]) -> tuple[str, ...]:
    return authors_of(connection, row["prompt"], row["bundle"]["prompt_digest"])


def _may(name: str, ready: Readiness, authors: tuple[str, ...], why_not: _WhyNot) -> bool:
    """Tell whether somebody could still say yes."""
    gone = [each.approver for each in people(ready.approvals, record.APPROVE)]
    return not is_author((*authors, *gone), name) and not why_not(ready, name)


def _of_request(
    row: Mapping[str, Any], ready: Readiness, may: Sequence[str], now: datetime
) -> Waiting:
    given = people(ready.approvals, record.APPROVE)
    needs = {each.name: each for each in ready.requirements}
    is_met = "approvals" not in needs or needs["approvals"].met
    return Waiting(
        id=row["id"],
        what="release" if ready.ready else "evidence" if is_met else "approval",
        prompt=row["prompt"],
        number=ready.bundle.number,
        environment=row["environment"],
        tier=ready.tier,
        asked_by=row["actor"],
        reason=row["reason"],
        since=row["since"],
        waiting_s=_seconds(row["since"], now),
        have=len(given),
        need=ready.approvers,
        role=ready.role,
        approvers=tuple(each.approver for each in given),
        may=() if is_met else tuple(may),
        not_by=row["not_by"],
        missing=tuple(line for line in ready.missing if not line.startswith("approvals:")),
    )


def _of_glass(glass: Approval, register: KeyRegister, now: datetime) -> Waiting:
    return Waiting(
        id=glass.id,
        what="review after",
        prompt=glass.prompt,
        number=glass.number,
        environment=glass.environment,
        tier="",
        asked_by=glass.approver,
        reason=glass.reason,
        since=glass.at,
        waiting_s=_seconds(glass.at, now),
        have=0,
        need=1,
        role="",
        approvers=(),
        may=tuple(n for n in _people(register) if not same_person(n, glass.approver)),
        not_by=(glass.approver,),
        missing=glass.missing or ((glass.why,) if glass.state == "refused" else ()),
    )


def _people(register: KeyRegister) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in register.keys if not each.revoked_at))


def _seconds(since: str, now: datetime) -> float:
    return round((now - parse_time(since)).total_seconds(), 1)
