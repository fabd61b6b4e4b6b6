"""Answer "who approved this, and what did it do?" from records.

Each question is one query by an index, so the answer takes as long with a million events as with a
hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection

from llmops_magics.audit.erasure import Names
from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.search import AuditSearch, find_events, tally
from llmops_magics.errors import PromptReferenceError, ReleaseError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.version import PromptDiff
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.account.gates import gates_of
from llmops_magics.release.account.history import (
    count_states,
    read_label,
    read_looks,
    read_states,
    served_before,
    steps_of,
)
from llmops_magics.release.account.record import Account, ReleaseStep, RolloutLook, ServedVersion
from llmops_magics.release.account.served import served_calls
from llmops_magics.release.approval.bundle import ReleaseBundle
from llmops_magics.release.approval.record import Approval
from llmops_magics.release.dossier.record import Dossier
from llmops_magics.release.incident import Incident, list_incidents
from llmops_magics.storage.store import Store

MAX_EVENTS = 100
MAX_VERSIONS = 5


@dataclass(frozen=True)
class Sources:
    """Where an account is read from; ``approvals`` takes a bundle's digest and an environment."""

    store: Store
    prompts: PromptRegistry
    approvals: Callable[[str, str], Sequence[Approval]]
    dossier: Callable[[str], Dossier]
    owner: Callable[[str], str]


def account_of(
    sources: Sources, prompt: str, environment: str, *, label: str = "", at: str = ""
) -> Account:
    """Return the account of ``prompt@environment`` as it was at a moment, now by default.

    ``label`` is the one that the environment moves, its own name by default. Approvals say what
    they count for today. Raises ``ReleaseError`` where nothing was ever served.
    """
    asked = at or format_time(utc_now())
    with sources.store.read() as connection:
        told = _read(connection, prompt, environment, label or environment, asked)
    if not told.steps:
        raise ReleaseError(
            f"Nothing was ever served of {prompt} in {environment}{f' until {at}' if at else ''}.",
            hint="`llmops audit log` with its name shows what there is of it.",
        )
    steps, newest = told.steps, told.newest
    version = _version(sources, newest.stable if newest else None, steps[0].stable)
    candidate = _version(sources, newest.candidate if newest else None, steps[0].candidate)
    approvals = _approvals(sources, (version, candidate), environment, asked)
    before = served_before(steps)
    return Account(
        ref=f"{prompt}@{environment}",
        prompt=prompt,
        environment=environment,
        at=asked,
        state=newest.state if newest else "",
        version=version,
        candidate=candidate,
        share=newest.share if newest else 0.0,
        before=before,
        diff=_diff(sources, before, version),
        approvals=approvals,
        gates=_gates(sources, (candidate, version), approvals, steps, asked),
        served=_served(sources, steps, asked),
        notes=_notes(told, version, approvals),
        **told.shown(),
    )


class _Told(NamedTuple):
    """What one look at the store found, but for what the versions themselves are."""

    newest: Any  # the row of the newest state, None where only a label says what is served
    steps: tuple[ReleaseStep, ...]
    total_steps: int
    looks: tuple[RolloutLook, ...]
    total_looks: int
    incidents: tuple[Incident, ...]
    broken_glass: tuple[AuditEvent, ...]
    events: tuple[AuditEvent, ...]
    total_events: int

    def shown(self) -> dict[str, Any]:
        """Return what an account has of it under the same name."""
        return {name: value for name, value in self._asdict().items() if name != "newest"}


def _read(connection: Connection, prompt: str, environment: str, label: str, at: str) -> _Told:
    search = AuditSearch(resource=f"{prompt}@{environment}", until=_just_after(at))
    log = find_events(connection, search, limit=MAX_EVENTS)
    glass = find_events(connection, replace(search, action="release.break_glass"))
    total_events = tally(connection, ("",), search, examples=0).count
    states = read_states(connection, prompt, environment, at)
    moves = [] if states else read_label(connection, prompt, label, at)
    steps = steps_of(states, log.events) if states else _label_steps(prompt, moves)
    names = Names(connection)
    looks, total_looks = read_looks(connection, (step.rollout_id for step in steps), at)
    incidents = list_incidents(connection, prompt=prompt, environment=environment).incidents
    return _Told(
        newest=states[0] if states else None,
        steps=tuple(replace(each, actor=names.actor(each.actor)) for each in steps),
        total_steps=count_states(connection, prompt, environment, at) if states else len(steps),
        looks=looks,
        total_looks=total_looks,
        incidents=tuple(each for each in incidents if each.opened_at <= at),
        broken_glass=tuple(map(names.event, glass.events)),
        events=tuple(map(names.event, log.events)),
        total_events=total_events,
    )


def _version(sources: Sources, stored: Any, ref: str) -> ServedVersion | None:
    """Read who wrote a version; one that the registry lost is told by its reference alone."""
    if not ref:
        return None
    bundle = ReleaseBundle.from_dict(stored) if stored else None
    try:
        found = sources.prompts.get(ref)
    except PromptReferenceError:
        found = None
    return ServedVersion(
        ref=ref,
        digest=bundle.prompt_digest if bundle else (found.digest if found else ""),
        model=bundle.model if bundle else (found.model if found else ""),
        index=bundle.index if bundle else {},
        author=found.author if found else "",
        created_at=found.created_at if found else "",
        message=found.message if found else "",
        bundle_digest=bundle.digest if bundle else "",
    )


def _approvals(
    sources: Sources, versions: Sequence[ServedVersion | None], environment: str, at: str
) -> tuple[Approval, ...]:
    digests = {each.bundle_digest for each in versions if each and each.bundle_digest}
    found = [
        approval
        for digest in sorted(digests)
        for approval in sources.approvals(digest, environment)
        if approval.at <= at
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _gates(
    sources: Sources,
    versions: Sequence[ServedVersion | None],
    approvals: Sequence[Approval],
    steps: Sequence[ReleaseStep],
    at: str,
) -> tuple[Any, ...]:
    named = {digest for step in steps for digest in step.evidence}
    named |= {digest for approval in approvals for digest in approval.dossiers}
    found: dict[str, Any] = {}
    with sources.store.read() as connection:
        for version in versions:
            if version is not None:
                gates = gates_of(
                    connection,
                    version,
                    at=at,
                    evidence=named,
                    read=sources.dossier,
                    owner=sources.owner,
                )
                found |= {gate.gate_id: gate for gate in gates}
    return tuple(found.values())


def _served(sources: Sources, steps: Sequence[ReleaseStep], at: str) -> tuple[Any, ...]:
    """Count the calls of the versions that were served last, since the first of them came."""
    refs = [ref for step in steps for ref in (step.stable, step.candidate) if ref]
    shown = list(dict.fromkeys(refs))[:MAX_VERSIONS]
    since = min(step.at for step in steps if {step.stable, step.candidate} & set(shown))
    return served_calls(sources.store, shown, since, at)


def _diff(sources: Sources, before: str, version: ServedVersion | None) -> PromptDiff | None:
    if not before or version is None:
        return None
    try:
        return sources.prompts.diff(before, version.ref)
    except PromptReferenceError:
        return None


def _label_steps(prompt: str, moves: Sequence[Any]) -> tuple[ReleaseStep, ...]:
    """Return the moves of a label as steps, where nothing was released yet."""
    return tuple(
        ReleaseStep(
            generation=len(moves) - n,
            action=move.action,
            state="",
            stable=f"{prompt}@{move.number}",
            candidate="",
            share=0.0,
            actor=move.actor,
            reason=move.reason,
            evidence=(),
            rollout_id="",
            at=move.moved_at,
        )
        for n, move in enumerate(moves)
    )


def _notes(
    told: _Told, version: ServedVersion | None, approvals: Sequence[Approval]
) -> tuple[str, ...]:
    notes = []
    if told.newest is None:
        notes.append("A label alone says what is served: no release moved it.")
    if version and not version.author:
        notes.append(f"The registry has no {version.ref}: who wrote it is not known here.")
    if told.newest is not None and not any(each.is_valid for each in approvals):
        notes.append("No approval of what is served counts today.")
    return tuple(notes)


def _just_after(moment: str) -> str:
    """Return the bound that leaves a moment of microseconds in: text sorts as time does."""
    return f"{moment}~"
