"""What a release needs beside its gates: indexes, licences, reviewed cases, approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_magics.config.release import Requirements as Policy
from llmops_magics.errors import LlmopsError
from llmops_magics.evals.review.action import ReviewAction
from llmops_magics.evals.review.state import fold
from llmops_magics.release.approval import record
from llmops_magics.release.approval.bundle import ReleaseBundle
from llmops_magics.release.approval.record import Approval, GateEvidence, Requirement
from llmops_magics.release.approval.standing import people
from llmops_magics.storage.table import incident, release_state, review_action

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.evals.run import EvalRun
    from llmops_magics.release.dossier.record import Dossier
    from llmops_magics.release.gate.licensed import FindLicence


def index_requirements(
    bundle: ReleaseBundle, dossiers: Sequence[Dossier]
) -> tuple[Requirement, ...]:
    """Ask that each index of the bundle was looked at by a gate that counts."""
    seen = {each.index_fingerprint: each.digest for each in dossiers}
    made = []
    for corpus, fingerprint in bundle.index.items():
        met = fingerprint in seen
        what = "looked at" if met else "no gate that counts looked at it"
        made.append(
            Requirement(
                name=f"index {corpus}",
                met=met,
                said=f"{what}, as it is now ({fingerprint[:19]}…).",
                evidence=(seen[fingerprint],) if met else (),
            )
        )
    return tuple(made)


def judges_requirement(
    dossiers: Sequence[Dossier], runs: Callable[[str], EvalRun], find: FindLicence
) -> Requirement:
    """Ask that every judge of the gates' runs had a licence then, and has one now."""
    against, licensed = [], []
    for dossier in dossiers:
        try:
            judges = runs(dossier.run_id).judges if dossier.run_id else {}
        except LlmopsError as error:
            against.append(f"the run of {dossier.gate} is not in the store: {error.message}")
            continue
        for scorer, identity in judges.items():
            then, now = dossier.licences.get(scorer, ""), find(scorer, identity)
            if not then.startswith("licence"):
                against.append(f"{dossier.gate} did not ask for a licence of the judge {scorer}")
            elif not now.is_licensed:
                against.append(f"{scorer}: {now.said}")
            else:
                licensed.append(f"{scorer} ({now.said})")
    said = "; ".join(against) or ", ".join(dict.fromkeys(licensed)) or "no judge was asked"
    return Requirement(name="calibrated judges", met=not against, said=f"{said.rstrip('.')}.")


def review_requirement(
    connection: Connection, dossiers: Sequence[Dossier], needed: int
) -> Requirement:
    """Ask that people reviewed cases of the gates' runs."""
    run_ids = sorted({each.run_id for each in dossiers if each.run_id})
    reviewed: set[tuple[str, str]] = set()
    by: set[str] = set()
    for run_id in run_ids:
        rows = connection.execute(
            select(review_action)
            .where(review_action.c.run_id == run_id)
            .order_by(review_action.c.id)
        ).mappings()
        actions = tuple(ReviewAction(**row) for row in rows)
        done = {key for key, state in fold(actions).items() if state.is_done}
        reviewed |= {(run_id, case) for case, _ in done}
        by |= {each.actor for each in actions if each.key in done}
    who = f" by {', '.join(sorted(by))}" if by else ""
    met = len(reviewed) >= needed
    how = "" if met or not run_ids else f": %llm_review {run_ids[-1]}"
    said = f"{len(reviewed)} of {needed} reviewed{who}{how}."
    return Requirement(name="reviewed cases", met=met, said=said, evidence=tuple(run_ids))


def approvals_requirement(approvals: Sequence[Approval], policy: Policy) -> Requirement:
    """Ask for so many people's yes, and that nobody's no stands."""
    given = people(approvals, record.APPROVE)
    against = people(approvals, record.REJECT)
    no = [f"{each.approver} said no: {each.reason}" for each in against]
    gone = [
        f"{each.approver}'s does not count ({each.why})"
        for each in approvals
        if each.decision == record.APPROVE and each.state in ("lapsed", "expired", "refused")
    ]
    who = f" by {', '.join(each.approver for each in given)}" if given else ""
    said = "; ".join([f"{len(given)} of {policy.approvers}{who}", *no, *gone])
    return Requirement(
        name="approvals",
        met=len(given) >= policy.approvers and not against,
        said=f"{said.rstrip('.')}.",
        evidence=tuple(each.id for each in (*given, *against)),
    )


def after_requirement(
    after: str, state: Mapping[str, Any] | None, bundle: ReleaseBundle
) -> Requirement:
    """Ask that the environment before this one serves the same bundle to everybody."""
    stable = served_bundle(state)
    met = stable is not None and stable.digest == bundle.digest
    if stable is None:
        said = f"{after} serves nothing of {bundle.prompt}."
    elif met:
        said = f"{after} serves {bundle.ref} to everybody."
    else:
        what = _difference(stable, bundle)
        said = f"{after} serves {stable.ref}{what} and not this."
    return Requirement(name=f"after {after}", met=met, said=said)


def newest_state(connection: Connection, environment: str, prompt: str) -> Mapping[str, Any] | None:
    """Return what an environment serves of a prompt, as the newest row says it."""
    columns = release_state.c
    found = (
        select(release_state)
        .where(columns.environment == environment, columns.prompt == prompt)
        .order_by(columns.generation.desc())
        .limit(1)
    )
    row = connection.execute(found).mappings().first()
    return dict(row) if row is not None else None


def states_since(
    connection: Connection, environment: str, prompt: str, at: str
) -> list[Mapping[str, Any]]:
    """Return what an environment has served of a prompt from a moment on, and serves now."""
    columns = release_state.c
    found = select(release_state.c.stable).where(
        columns.environment == environment, columns.prompt == prompt, columns.at >= at
    )
    newest = newest_state(connection, environment, prompt)
    there: list[Mapping[str, Any]] = [dict(row) for row in connection.execute(found).mappings()]
    return [*there, newest] if newest is not None else there


def served_bundle(state: Mapping[str, Any] | None) -> ReleaseBundle | None:
    """Return the stable bundle of a state, None where there is none."""
    return ReleaseBundle.from_dict(state["stable"]) if state and state["stable"] else None


def open_incidents(connection: Connection, prompt: str, environment: str) -> tuple[str, ...]:
    """Return a warning for each open incident of a prompt, in this environment or another."""
    newest = (
        select(func.max(incident.c.row)).where(incident.c.prompt == prompt).group_by(incident.c.id)
    )
    rows = connection.execute(
        select(incident).where(incident.c.row.in_(newest), incident.c.state == "open")
    ).mappings()
    return tuple(
        f"incident {row['id']} is open ({row['severity']}, {row['environment'] or environment}): "
        f"{row['title']}"
        for row in rows
    )


def run_warnings(evidence: Sequence[GateEvidence]) -> tuple[str, ...]:
    """Say what a run noted, and where a gate was run more often than it passed."""
    noted = tuple(f"{each.gate}: {note}" for each in evidence for note in each.notes)
    return noted + tuple(
        f"{each.gate} passed in {each.passed} of {each.runs} live runs on exactly this bundle: "
        "chance alone passes one of many"
        for each in evidence
        if each.passed < each.runs
    )


def _difference(one: ReleaseBundle, other: ReleaseBundle) -> str:
    """Say what beside the version differs, where the reference is the same."""
    if one.ref != other.ref:
        return ""
    parts = {
        "with another model": one.model != other.model,
        "with another index": one.index != other.index,
        "with other settings": one.settings_digest != other.settings_digest,
    }
    return f" {' and '.join(name for name, differs in parts.items() if differs)}"
