"""One event of the trail, and what its hash covers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from llmops_magics.record import DIGEST_ALGORITHM, Record

GENESIS: Final = "sha256:" + "0" * 64
HASHED: Final = ("seq", "time", "actor", "action", "resource", "body", "previous")
# Of what was read from the store: it is JSON already, so canonical JSON needs no conversion.
_CANONICAL: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


@dataclass(frozen=True, kw_only=True)
class AuditEvent(Record):
    """Who did what to which resource, when, chained to the event before.

    ``body`` may say ``before`` and ``after`` (what changed), ``reason``, and ``evidence``
    (digests and ids of what it was based on).
    """

    kind: ClassVar[str] = "audit-event"

    seq: int
    time: str
    actor: str
    action: str
    resource: str
    body: dict[str, Any]
    previous: str
    hash: str


def hash_of(content: dict[str, Any]) -> str:
    """Return the hash of an event's content (``HASHED``) as it was read, "" if it has none.

    What cannot be written as canonical JSON (half a character, no number) never was.
    """
    try:
        canonical = _CANONICAL.encode(content).encode()
    except (ValueError, TypeError, RecursionError):
        return ""
    return f"{DIGEST_ALGORITHM}:{hashlib.sha256(canonical).hexdigest()}"
