"""What the boundaries decided, kept: rows and their audit events, in one transaction.

Of a text that was found in, refused or asked about its kinds and spans are kept, and an excerpt in
which what is sensitive is masked. A text with nothing in it leaves its span alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from llmops_magics.guard.boundary.pending import PendingQuestion, insert_question
from llmops_magics.guard.boundary.policy import Decision, Place
from llmops_magics.guard.scan import DetectorRun
from llmops_magics.record import Record, format_time, to_jsonable, utc_now

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.storage.store import Store

MOST_LISTED: Final = 200
MOST_FINDINGS: Final = 100  # of one text: what more there is, is counted


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One decision on its way to the store; ``excerpt`` is masked."""

    place: Place
    subject: str
    decision: Decision
    runs: tuple[DetectorRun, ...]
    characters: int
    excerpt: str = ""


@dataclass(frozen=True, kw_only=True)
class StoredDecision:
    """A decision as it was kept: ``findings`` have kind, span, score, severity, action, policy."""

    id: int
    at: str
    boundary: str
    action: str
    subject: str
    policies: tuple[str, ...]
    findings: tuple[dict[str, Any], ...]
    detectors: tuple[dict[str, Any], ...]
    excerpt: str
    characters: int
    prompt: str
    environment: str
    actor: str
    trace_id: str
    span_id: str
    pending_id: str


@dataclass(frozen=True, kw_only=True)
class DecisionList(Record):
    """Decisions, the newest first; ``total`` counts those that fit, shown or not."""

    kind: ClassVar[str] = "guard-decisions"

    decisions: tuple[StoredDecision, ...] = field(default=())
    total: int = 0

    def to_pandas(self) -> pd.DataFrame:
        """One row a decision."""
        import pandas as pd

        return pd.DataFrame([vars(decision) for decision in self.decisions])


class DecisionLog:
    """The decisions of one store."""

    def __init__(self, open_store: Callable[[], Store], actor: Callable[[], str]) -> None:
        self._open_store = open_store
        self._actor = actor

    def write(
        self,
        entries: Sequence[Entry],
        *,
        trace_id: str = "",
        span_id: str = "",
        question: PendingQuestion | None = None,
    ) -> None:
        """Keep decisions and the question that they ask, with an event each, or nothing at all."""
        if not entries and question is None:
            return
        from sqlalchemy import insert

        from llmops_magics.audit import trail
        from llmops_magics.storage.table import guard_decision

        actor = to_jsonable(self._actor()[:200])
        where = {"trace_id": trace_id, "span_id": span_id, "actor": actor}
        where["at"] = format_time(utc_now())
        with self._open_store().write(lock="guard") as connection:
            if question is not None:
                insert_question(connection, question)
            for entry in entries:
                asks = question is not None and entry.decision.action == "ask"
                pending_id = question.id if question is not None and asks else ""
                row = to_jsonable({**_row(entry), **where, "pending_id": pending_id})
                connection.execute(insert(guard_decision).values(row))
                trail.append(
                    connection,
                    actor=actor,
                    action=f"guard.{entry.decision.action}",
                    resource=f"{row['boundary']}:{row['subject']}"[:500],
                    body=_body(entry, row),
                )

    def ask(self, question: PendingQuestion, why: dict[str, Any]) -> None:
        """Keep a question that no finding asks (a tool in a tainted conversation)."""
        from llmops_magics.audit import trail

        with self._open_store().write(lock="guard") as connection:
            insert_question(connection, question)
            trail.append(
                connection,
                actor=question.actor,
                action="guard.ask",
                resource=f"{question.boundary}:{question.subject}"[:500],
                body={"question": question.id, **why},
            )

    def list(
        self, *, action: str = "", boundary: str = "", trace_id: str = "", limit: int = MOST_LISTED
    ) -> DecisionList:
        """Return what was decided, the newest first."""
        from sqlalchemy import func, select

        from llmops_magics.storage.table import guard_decision as table

        wanted = {"action": action, "boundary": boundary, "trace_id": trace_id}
        conditions = [table.c[name] == value for name, value in wanted.items() if value]
        query = select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit)
        count = select(func.count()).select_from(table).where(*conditions)
        with self._open_store().read() as connection:
            rows = connection.execute(query).mappings().all()
            total = connection.execute(count).scalar() or 0
        return DecisionList(decisions=tuple(map(_stored, rows)), total=total)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "boundary": entry.place.boundary,
        "action": entry.decision.action,
        "subject": entry.subject[:300],
        "policies": list(entry.decision.policies),
        "findings": [
            {
                "kind": finding.kind,
                "start": finding.start,
                "end": finding.end,
                "score": round(float(finding.score), 4),
                "severity": finding.severity,
                "detector": finding.detector,
                "version": finding.version,
                "action": action,
                "policy": policy,
            }
            for finding, action, policy in entry.decision.rulings[:MOST_FINDINGS]
        ],
        "detectors": [
            {
                "detector": run.detector,
                "version": run.version,
                "ms": round(run.elapsed_ms, 3),
                **({"error": run.error[:500]} if run.error else {}),
            }
            for run in entry.runs
        ],
        "excerpt": entry.excerpt,
        "characters": entry.characters,
        "prompt": entry.place.prompt[:300],
        "environment": entry.place.environment[:100],
    }


def _body(entry: Entry, row: dict[str, Any]) -> dict[str, Any]:
    decision = entry.decision
    body = {
        "policies": decision.policies,
        "kinds": decision.kinds[:MOST_FINDINGS],
        "findings": len(decision.rulings),
        "detectors": {run.detector: run.version for run in entry.runs},
        "failed": {run.detector: run.error[:500] for run in decision.failed},
        "prompt": entry.place.prompt,
        "environment": entry.place.environment,
        "trace": row["trace_id"],
        "question": row["pending_id"],
    }
    return {name: value for name, value in body.items() if value}


def _stored(row: Any) -> StoredDecision:
    lists = {name: tuple(row[name]) for name in ("policies", "findings", "detectors")}
    return StoredDecision(**{**dict(row), **lists})
