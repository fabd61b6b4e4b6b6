"""Which run of a gate counts for a bundle: the newest live one that came to a verdict.

The newest decides and not the best, so running a gate until it passes does not help where the last
run failed, and how many runs there were is said. A replay repeats what was recorded: it is no new
evidence. What a dossier is about is read from its signed records, never from the row.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import func, or_, select

from llmops_magics.config.release import Requirements as Policy
from llmops_magics.errors import LlmopsError
from llmops_magics.record import parse_time
from llmops_magics.release.approval.record import GateEvidence, Requirement
from llmops_magics.release.approval.standing import CLOCKS
from llmops_magics.release.execution.honesty import ALLOW, DOUBLES_VARIABLE
from llmops_magics.storage.table import gate_run

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.dossier.record import Dossier, DossierReport

LIVE: Final = "live"
MOST_RUNS: Final = 50  # of one gate on one bundle; older ones decide nothing
PASS: Final = "PASS"  # noqa: S105  (a verdict)


class Shelf(Protocol):
    """Where dossiers are read and verified."""

    def get(self, written: str) -> Dossier:
        """Return a dossier by its gate's id; ``DossierError`` where it cannot be read."""
        ...

    def verify(self, written: str) -> DossierReport:
        """Check every byte of one."""
        ...


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The bundle that evidence is wanted for, and where dossiers are."""

    shelf: Shelf
    bundle: ReleaseBundle


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of one gate: the dossier that counts, and what the policy makes of it."""

    requirement: Requirement
    evidence: GateEvidence | None = None
    dossier: Dossier | None = None


def newest_run(connection: Connection, bundle: ReleaseBundle) -> int:
    """Return the id of the newest gate run that may be about a bundle, 0 for none."""
    found = select(func.max(gate_run.c.id)).where(_about(bundle))
    return connection.execute(found).scalar_one() or 0


def find_gate(
    connection: Connection, wanted: Wanted, gate: str, policy: Policy, now: datetime
) -> Found:
    """Return what there is of a gate for a bundle, and whether it is what the policy asks for."""
    shelf, bundle = wanted.shelf, wanted.bundle
    dossiers, problem = _dossiers(connection, shelf, bundle, gate)
    if problem:
        return Found(requirement=_requirement(gate, met=False, said=problem))
    if not dossiers:
        said = f"it has not run live on {bundle.ref} with {bundle.model}."
        return Found(requirement=_requirement(gate, met=False, said=said))
    newest = dossiers[0]
    evidence = _evidence(newest, dossiers)
    said = "; ".join(_against(newest, policy, now, shelf))
    return Found(
        requirement=_requirement(gate, met=not said, said=said or _good(evidence), of=newest),
        evidence=evidence,
        dossier=newest,
    )


def is_about(dossier: Dossier, bundle: ReleaseBundle) -> bool:
    """Tell whether a dossier measured what is in a bundle, and nothing else.

    A gate on a prompt has its digest, its model and, where it names an index, one of the bundle's.
    A gate on retrieval asks no model: it has one of the bundle's indexes.
    """
    indexes = set(bundle.index.values())
    if not dossier.model:
        return dossier.index_fingerprint in indexes
    is_same = dossier.prompt_digest == bundle.prompt_digest and dossier.model == bundle.model
    return is_same and (not dossier.index_fingerprint or dossier.index_fingerprint in indexes)


def _about(bundle: ReleaseBundle) -> ColumnElement[bool]:
    columns = gate_run.c
    return or_(
        columns.prompt_digest == bundle.prompt_digest,
        columns.index_fingerprint.in_(sorted(set(bundle.index.values()))),
    )


def _dossiers(
    connection: Connection, shelf: Shelf, bundle: ReleaseBundle, gate: str
) -> tuple[list[Dossier], str]:
    """Return the live runs that came to a verdict, the newest first, or what is wrong."""
    columns = gate_run.c
    rows = connection.execute(
        select(columns.gate_id)
        .where(_about(bundle), columns.gate == gate, columns.mode == LIVE, columns.verdict != "")
        .order_by(columns.id.desc())
        .limit(MOST_RUNS)
    ).scalars()
    found: list[Dossier] = []
    for gate_id in rows:
        try:
            dossier = shelf.get(gate_id)
        except LlmopsError as error:
            if not found:  # an older run must not stand in for one that cannot be read
                return [], f"the dossier {gate_id} cannot be used: {error.message}"
            continue
        if dossier.gate == gate and dossier.mode == LIVE and is_about(dossier, bundle):
            found.append(dossier)
    return found, ""


def _against(dossier: Dossier, policy: Policy, now: datetime, shelf: Shelf) -> list[str]:
    """Say what is not as the policy wants it, the verdict first."""
    against = []
    if dossier.verdict != PASS:
        against.append(f"its newest run says {dossier.verdict or 'nothing'}")
    finished = parse_time(dossier.finished_at)
    if now - finished > policy.max_age:
        against.append(f"it ran on {dossier.finished_at[:16]}, over {_age(policy)} ago")
    if finished > now + CLOCKS:
        against.append(f"it says that it ran in the future ({dossier.finished_at[:16]})")
    if _is_of_doubles(dossier) and os.environ.get(DOUBLES_VARIABLE) != ALLOW:
        against.append("a test double answered, which proves nothing about a model")
    pinned = policy.notebooks.get(dossier.gate, "")
    if pinned and dossier.result.digests.get("source") != pinned:
        against.append(f"its notebook is another than the pinned {pinned[:19]}…")
    if policy.signed and not (dossier.is_known and dossier.signed_by):
        against.append("its key is not in the register (llmops keys add)")
    report = shelf.verify(dossier.gate_id)
    if not report.ok:
        against.append(f"its dossier does not verify: {report.problems[0]}")
    return against


def _is_of_doubles(dossier: Dossier) -> bool:
    """Tell whether a test double answered: a gate may be tried on one, but nothing is released."""
    responses = dossier.result.evidence.get("responses") or {}
    is_noted = any(each.startswith("A test double") for each in dossier.result.notes)
    return is_noted or bool((responses.get("by_source") or {}).get("double"))


def _age(policy: Policy) -> str:
    hours = policy.max_age.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"


def _good(evidence: GateEvidence) -> str:
    runs = f" ({evidence.passed} of {evidence.runs} live runs passed)" if evidence.runs > 1 else ""
    by = f", signed by {evidence.signed_by}" if evidence.signed_by else ""
    return f"PASS on {evidence.finished_at[:16]}{by}{runs}."


def _evidence(dossier: Dossier, all_runs: Sequence[Dossier]) -> GateEvidence:
    decision = dossier.result.decision
    told: Mapping[str, Any] = {}
    if decision is not None:
        told = {
            "rules": decision.rules,
            "failing_cases": decision.failing_cases,
            "cost_usd": decision.cost_usd,
            "dataset": decision.dataset,
            "baseline": decision.baseline,
        }
    return GateEvidence(
        gate=dossier.gate,
        gate_id=dossier.gate_id,
        dossier=dossier.digest,
        verdict=dossier.verdict,
        mode=dossier.mode,
        run_id=dossier.run_id,
        finished_at=dossier.finished_at,
        signed_by=dossier.signed_by,
        key_id=dossier.key_id,
        is_known=dossier.is_known,
        folder=dossier.folder,
        licences=dossier.licences,
        notes=dossier.result.notes,
        runs=len(all_runs),
        passed=sum(each.verdict == PASS for each in all_runs),
        **told,
    )


def _requirement(gate: str, *, met: bool, said: str, of: Dossier | None = None) -> Requirement:
    evidence = (of.digest,) if of else ()
    return Requirement(name=f"gate {gate}", met=met, said=said.rstrip(".") + ".", evidence=evidence)
