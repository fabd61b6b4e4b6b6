"""What an approval signs: an in-toto statement about one bundle, its dossiers, one environment.

The subjects are the bundle and the dossiers by digest, so any in-toto tool can tell what somebody
agreed to. Everything that an approval is counted by is read from here, never from a row.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from llmops_magics.audit.signing.statement import APPROVAL, REVIEW, statement, subjects_of
from llmops_magics.errors import ApprovalError
from llmops_magics.release.approval import record
from llmops_magics.release.approval.bundle import ReleaseBundle
from llmops_magics.release.approval.record import Approval

_BUNDLE: Final = "bundle"
_DOSSIER: Final = "dossier/"
_TEXTS: Final = (
    *("id", "environment", "decision", "approver", "reason", "about", "shown_digest"),
    *("at", "expires_at", "nonce"),
)
_KNOWN: Final = (
    record.APPROVE,
    record.REJECT,
    record.WITHDRAW,
    record.REVIEW,
    record.BREAK_GLASS,
)


def new_id() -> str:
    """Return an id that sorts by time: ``apr-…``."""
    return f"apr-{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"


def attest(
    bundle: ReleaseBundle,
    dossiers: Mapping[str, str],
    *,
    missing: tuple[str, ...] = (),
    **said: str,
) -> dict[str, Any]:
    """Return the statement to sign; ``dossiers`` are digests by gate, ``said`` the texts of it.

    ``said`` are environment, decision, approver, reason, at, expires_at, and where there are any
    about and shown_digest. The id and the nonce are new each time.
    """
    subjects = {_BUNDLE: bundle.digest} | {f"{_DOSSIER}{g}": d for g, d in dossiers.items()}
    predicate = {
        "about": "",
        "shown_digest": "",
        **said,
        "id": new_id(),
        "nonce": secrets.token_hex(16),
        "bundle": bundle.to_dict(),
        "missing": list(missing),
    }
    kind = REVIEW if said["decision"] == record.REVIEW else APPROVAL
    return statement(kind, subjects, predicate)


def read_attestation(made: Mapping[str, Any], key_id: str) -> Approval:
    """Return what a statement says; ``ApprovalError`` for one that is no approval of ours."""
    predicate = made["predicate"]
    texts = {name: predicate.get(name) for name in _TEXTS}
    if not all(isinstance(value, str) for value in texts.values()):
        raise ApprovalError("the signed statement is no approval: a part of it is missing.")
    decision = texts["decision"]
    if decision not in _KNOWN or (decision == record.REVIEW) != (made["predicateType"] == REVIEW):
        raise ApprovalError(
            f"the signed statement decides {str(decision)[:40]!r}, which is nothing."
        )
    bundle = ReleaseBundle.from_dict(predicate.get("bundle") or {})
    subjects = subjects_of(made)
    if subjects.pop(_BUNDLE, "") != bundle.digest:
        raise ApprovalError("the signed statement's subject is not the bundle that it describes.")
    return Approval(
        **{name: str(value) for name, value in texts.items() if name != "nonce"},
        prompt=bundle.prompt,
        number=bundle.number,
        bundle_digest=bundle.digest,
        dossiers=tuple(sorted(subjects.values())),
        key_id=key_id,
        missing=tuple(map(str, predicate.get("missing") or ())),
    )
