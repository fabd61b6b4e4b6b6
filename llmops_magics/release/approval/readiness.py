"""Whether a bundle may go to an environment now: each thing that is asked for, and what is there.

Nothing is believed that can be looked at: dossiers are verified byte by byte, approvals from
their signatures, indexes and states as the store has them at this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from llmops_magics.config.release import EnvironmentSettings, Tier
from llmops_magics.config.release import Requirements as Policy
from llmops_magics.record import digest, format_time, parse_time
from llmops_magics.release.approval import further
from llmops_magics.release.approval.author import authors_of
from llmops_magics.release.approval.gate_evidence import Found, Shelf, Wanted, find_gate, newest_run
from llmops_magics.release.approval.ledger import approval_rows, count_rows
from llmops_magics.release.approval.record import (
    DECISIONS,
    Approval,
    Mark,
    Readiness,
    Requirement,
)
from llmops_magics.release.approval.standing import Ground, ends_at, read_rows
from llmops_magics.retrieval.index.pointer import current_manifests

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.audit.signing.register import KeyRegister
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.version import PromptDiff, PromptVersion
    from llmops_magics.release.approval.bundle import ReleaseBundle
    from llmops_magics.release.gate.licensed import FindLicence


@dataclass(frozen=True, kw_only=True)
class Question:
    """A version that shall go to an environment, and what that is by the settings."""

    version: PromptVersion
    bundle: ReleaseBundle
    environment: str
    settings: EnvironmentSettings
    tier: Tier

    @property
    def policy(self) -> Policy:
        """What a release of this tier needs there."""
        return self.settings.of_tier(self.tier)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the answer is looked up.

    ``may`` says why a person may not approve, "" if they may; ``diff`` compares two references.
    """

    shelf: Shelf
    register: KeyRegister
    runs: Callable[[str], EvalRun]
    find_licence: FindLicence
    may: Callable[[str], str]
    diff: Callable[[str, str], PromptDiff]


def read_readiness(
    connection: Connection, asked: Question, sources: Sources, now: datetime
) -> Readiness:
    """Return whether it is ready, and what is missing."""
    bundle, policy = asked.bundle, asked.policy
    wanted = Wanted(shelf=sources.shelf, bundle=bundle)
    found = [find_gate(connection, wanted, gate, policy, now) for gate in policy.gates]
    gates = [each.evidence for each in found if each.evidence is not None]
    dossiers = frozenset(each.dossier for each in gates)
    approvals = standing_approvals(connection, asked, sources, dossiers, now)
    needs = tuple(_requirements(connection, asked, sources, found, approvals))
    served = further.served_bundle(_state(connection, asked.environment, bundle))
    return Readiness(
        ref=bundle.ref,
        bundle=bundle,
        bundle_digest=bundle.digest,
        environment=asked.environment,
        tier=asked.tier,
        ready=all(each.met for each in needs),
        requirements=needs,
        dossiers=tuple(gates),
        approvals=approvals,
        warnings=(
            *further.open_incidents(connection, bundle.prompt, asked.environment),
            *further.run_warnings(gates),
        ),
        author=asked.version.author,
        approvers=policy.approvers,
        role=policy.role,
        served=served.ref if served else "",
        diff=sources.diff(served.ref, bundle.ref) if served else asked.version.diff,
        decided_at=format_time(now),
        lapses_at=_lapses_at(found, approvals, policy),
        mark=read_mark(connection, asked),
    )


def standing_approvals(
    connection: Connection,
    asked: Question,
    sources: Sources,
    dossiers: frozenset[str],
    now: datetime,
) -> tuple[Approval, ...]:
    """Return every approval of the bundle for the environment, as it counts now."""
    bundle = asked.bundle
    ground = Ground(
        register=sources.register,
        now=now,
        authors=authors_of(connection, bundle.prompt, bundle.prompt_digest),
        dossiers=dossiers,
        max_age=asked.policy.approval_max_age,
        may=sources.may,
    )
    return read_rows(approval_rows(connection, bundle.digest, asked.environment), ground)


def read_mark(connection: Connection, asked: Question) -> Mark:
    """Return what everything was read of, so that a change of it can be seen later."""
    bundle, after = asked.bundle, asked.settings.after
    state = _state(connection, after, bundle) if after else None
    return Mark(
        gate_runs=newest_run(connection, bundle),
        approvals=count_rows(connection, bundle.digest, asked.environment),
        after=int(state["generation"]) if state else 0,
        index=index_now(connection, tuple(bundle.index)),
    )


def index_now(connection: Connection, corpora: Sequence[str]) -> dict[str, str]:
    """Return the fingerprint of each corpus's index in use, "" where there is none."""
    if not corpora:
        return {}
    known = {each.corpus: each.fingerprint for each in current_manifests(connection)}
    return {corpus: known.get(corpus, "") for corpus in corpora}


def shown_digest(readiness: Readiness) -> str:
    """Return the digest of the evidence that somebody is shown before they decide."""
    dossiers = sorted(each.dossier for each in readiness.dossiers)
    return digest([readiness.bundle_digest, readiness.environment, dossiers])


def dossiers_by_gate(readiness: Readiness) -> dict[str, str]:
    """Return the digests of the dossiers that count, by gate."""
    return {each.gate: each.dossier for each in readiness.dossiers}


def _requirements(
    connection: Connection,
    asked: Question,
    sources: Sources,
    found: Sequence[Found],
    approvals: Sequence[Approval],
) -> list[Requirement]:
    policy, bundle = asked.policy, asked.bundle
    dossiers = [each.dossier for each in found if each.dossier is not None]
    needs = [each.requirement for each in found]
    if policy.gates:
        needs += further.index_requirements(bundle, dossiers)
    if asked.settings.after:
        state = _state(connection, asked.settings.after, bundle)
        needs.append(further.after_requirement(asked.settings.after, state, bundle))
    if policy.calibrated:
        needs.append(further.judges_requirement(dossiers, sources.runs, sources.find_licence))
    if policy.reviewed_cases:
        needs.append(further.review_requirement(connection, dossiers, policy.reviewed_cases))
    if policy.approvers or any(each.decision in DECISIONS for each in approvals):
        needs.append(further.approvals_requirement(approvals, policy))
    return needs


def _state(
    connection: Connection, environment: str, bundle: ReleaseBundle
) -> Mapping[str, Any] | None:
    return further.newest_state(connection, environment, bundle.prompt)


def _lapses_at(found: Sequence[Found], approvals: Sequence[Approval], policy: Policy) -> str:
    ends = [
        _later(each.evidence.finished_at, policy.max_age)
        for each in found
        if each.evidence is not None and each.requirement.met
    ]
    ends += [ends_at(each, policy.approval_max_age) for each in approvals if each.is_valid]
    return min(ends, default="")


def _later(at: str, age: timedelta) -> str:
    return format_time(parse_time(at) + age)
