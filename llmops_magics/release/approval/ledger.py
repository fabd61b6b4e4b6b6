"""Approvals and requests in the store: each row beside its audit event, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select

from llmops_magics.audit import trail
from llmops_magics.release.approval import record
from llmops_magics.release.approval.record import Approval, ApprovalRequest
from llmops_magics.storage.table import approval, approval_request

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from llmops_magics.release.approval.bundle import ReleaseBundle

Row = dict[str, Any]
ACTIONS: Final = {
    record.APPROVE: "approval.give",
    record.REJECT: "approval.reject",
    record.WITHDRAW: "approval.withdraw",
    record.REVIEW: "approval.review",
    record.BREAK_GLASS: "release.break_glass",
}


def write_approval(
    connection: Connection, given: Approval, envelope: str, *, actor: str, digest: str
) -> None:
    """Write a signed decision and its event; ``digest`` is that of what was signed."""
    connection.execute(
        insert(approval).values(
            id=given.id,
            environment=given.environment,
            prompt=given.prompt,
            bundle_digest=given.bundle_digest,
            dossiers=list(given.dossiers),
            decision=given.decision,
            approver=given.approver,
            key_id=given.key_id,
            reason=given.reason,
            withdraws=given.about,
            at=given.at,
            expires_at=given.expires_at,
            envelope=envelope,
        )
    )
    body: dict[str, Any] = {
        "id": given.id,
        "before": None,
        "after": {"decision": given.decision, "version": given.number},
        "reason": given.reason,
        "evidence": [given.bundle_digest, *given.dossiers, digest],
        "approver": given.approver,
        "key_id": given.key_id,
    }
    told = {"about": given.about, "missing": list(given.missing), "expires_at": given.expires_at}
    trail.append(
        connection,
        actor=actor,
        action=ACTIONS[given.decision],
        resource=given.resource,
        body=body | {key: value for key, value in told.items() if value},
    )


def write_request(connection: Connection, asked: ApprovalRequest, bundle: ReleaseBundle) -> None:
    """Write a request and its event."""
    connection.execute(
        insert(approval_request).values(
            id=asked.id,
            environment=asked.environment,
            prompt=asked.prompt,
            bundle=bundle.to_dict(),
            bundle_digest=asked.bundle_digest,
            actor=asked.actor,
            reason=asked.reason,
            at=asked.at,
        )
    )
    trail.append(
        connection,
        actor=asked.actor,
        action="approval.request",
        resource=f"{asked.prompt}@{asked.environment}",
        body={
            "id": asked.id,
            "before": None,
            "after": {"version": asked.number},
            "reason": asked.reason,
            "evidence": [asked.bundle_digest],
            "missing": list(asked.missing),
        },
    )


def approval_rows(connection: Connection, bundle_digest: str, environment: str) -> list[Row]:
    """Return the rows that say they are about a bundle and an environment, the oldest first."""
    columns = approval.c
    found = select(approval).where(
        columns.bundle_digest == bundle_digest, columns.environment == environment
    )
    return _rows(connection, found.order_by(columns.at, columns.id))


def approval_row(connection: Connection, approval_id: str) -> Row | None:
    """Return the row of an id."""
    found = select(approval).where(approval.c.id == approval_id)
    return next(iter(_rows(connection, found)), None)


def glass_rows(connection: Connection) -> list[Row]:
    """Return the rows of broken glass, the oldest first."""
    found = select(approval).where(approval.c.decision == record.BREAK_GLASS)
    return _rows(connection, found.order_by(approval.c.at, approval.c.id))


def count_rows(connection: Connection, bundle_digest: str, environment: str) -> int:
    """Return how many rows there are about a bundle and an environment; it only grows."""
    columns = approval.c
    found = select(func.count()).where(
        columns.bundle_digest == bundle_digest, columns.environment == environment
    )
    return connection.execute(found).scalar_one()


def request_rows(connection: Connection, limit: int) -> list[Row]:
    """Return the newest requests, the newest first."""
    columns = approval_request.c
    found = select(approval_request).order_by(columns.at.desc(), columns.id.desc()).limit(limit)
    return _rows(connection, found)


def _rows(connection: Connection, found: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(found).mappings()]
