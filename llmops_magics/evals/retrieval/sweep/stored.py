"""Sweeps in the store: each a whole artifact, and an event of the audit trail that names it."""

from __future__ import annotations

import gzip
import json
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from llmops_magics.audit import trail
from llmops_magics.errors import ArtifactError, UsageError
from llmops_magics.evals.retrieval.sweep.record import SweepReport, report_of
from llmops_magics.storage.packed import unpack
from llmops_magics.storage.table import audit_event

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

ACTION = "retrieval.sweep"
NEWEST = "newest"
_LEAST_DIGITS = 4
_LEVEL = 5
_NONE = (ArtifactError, AttributeError, KeyError, RecursionError, TypeError, ValueError)


def new_sweep_id() -> str:
    """Return an id that sorts by time: ``sweep-<hex milliseconds>-<random>``."""
    return f"sweep-{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"


def keep_sweep(store: Store, report: SweepReport, actor: Callable[[], str]) -> None:
    """Store a finished sweep."""
    text = json.dumps(report.to_dict(), separators=(",", ":"), allow_nan=False)
    artifact = store.artifacts.put(gzip.compress(text.encode(), compresslevel=_LEVEL, mtime=0))
    body = {
        "sweep": report.sweep_id,
        "artifact": artifact,
        "corpus_fingerprint": report.corpus_fingerprint,
        "queries": report.queries,
        "queries_digest": report.queries_digest,
        "configurations": len(report.rows),
        "score": report.score,
        "verdict": report.verdict,
        "best": report.best,
        "cheapest": report.cheapest,
    }
    resource = f"corpus/{report.corpus.partition('@')[0]}"
    with store.write(lock=resource) as connection:
        trail.append(connection, actor=actor(), action=ACTION, resource=resource, body=body)


def load_sweep(store: Store, written: str) -> SweepReport:
    """Return the sweep that is meant: its id, the last 4 digits of it or more, or ``newest``.

    Raises ``UsageError`` for none and for several, ``ArtifactError`` where it cannot be read.
    """
    query = (
        select(audit_event.c.body)
        .where(audit_event.c.action == ACTION)
        .order_by(audit_event.c.seq.desc())
    )
    with store.read() as connection:
        bodies: list[dict[str, Any]] = list(connection.execute(query).scalars())
    if written == NEWEST:
        found = bodies[:1]
    else:
        found = [body for body in bodies if body["sweep"] == written]
        is_ending = len(written) >= _LEAST_DIGITS
        found = found or [b for b in bodies if is_ending and b["sweep"].endswith(written)]
    if len(found) > 1:
        raise UsageError(f"More than one sweep ends in {written!r}.", hint="Give more digits.")
    if not found:
        raise UsageError(
            f"there is no sweep {written!r}.",
            hint="A sweep's report names its id; the last 4 digits are enough.",
        )
    content = store.artifacts.get(found[0]["artifact"])
    try:
        return report_of(json.loads(unpack(content)))
    except _NONE as error:
        raise ArtifactError(f"This is no sweep: {str(error).rstrip('.')}.") from None
