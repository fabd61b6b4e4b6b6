"""What the runner sees to around a kernel: its mode, what it may answer from, and what moved.

It begins before the kernel does, and its end says what the record proves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateUsageError
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.execution.honesty import (
    Finding,
    Terms,
    declared_cache,
    examine,
    write_evidence,
)
from llmops_magics.release.execution.moved import look
from llmops_magics.release.execution.parameter import UNKNOWN
from llmops_magics.release.execution.recording import LIVE, MODES, REPLAY, write_order
from llmops_magics.release.execution.replay import (
    Recorded,
    comparable,
    differences,
    read_recorded,
)
from llmops_magics.release.execution.source import SourceNotebook
from llmops_magics.release.gate.result import GateDecision
from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Mode:
    """How a gate gets its answers, checked before anything runs."""

    name: str = LIVE
    recorded: Recorded | None = None
    cache: str = ""  # as declared by the caller

    @property
    def replays(self) -> str:
        """The id of the gate whose record answers, "" for none."""
        return self.recorded.gate_id if self.recorded else ""


def mode_of(name: str, replay_of: Path | None, cache: str) -> Mode:
    """Return the mode that is meant; ``GateUsageError`` for none, or without a record it needs."""
    if name not in MODES:
        raise GateUsageError(f"There is no mode {name!r}.", hint=f"There are {', '.join(MODES)}.")
    if name == LIVE and replay_of is not None:
        raise GateUsageError("A live gate answers from no archive.", hint="Use --mode replay.")
    if name != LIVE and replay_of is None:
        raise GateUsageError(f"Mode {name} needs an archive.", hint="Name its folder: --of FOLDER.")
    recorded = None if replay_of is None else read_recorded(replay_of.resolve())
    if recorded is not None and not cache:
        cache = recorded.cache
    return Mode(name=name, recorded=recorded, cache=cache)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the record proves: reasons against a verdict, and what else is to be said."""

    finding: Finding = field(default_factory=Finding)
    comparable: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Oversight:
    """One kernel's record from its beginning on."""

    store: Store
    root: Path
    ballot: Path
    mode: Mode
    terms: Terms
    parameters: Mapping[str, Any]  # those in force: the notebook's, and those given

    @classmethod
    def begin(
        cls, store: Store, root: Path, ballot: Path, mode: Mode, source: SourceNotebook
    ) -> Oversight:
        """Tell the kernel to record, and note what stands now."""
        defaults = {name: v for name, v in source.defaults.items() if v is not UNKNOWN}
        parameters = {**defaults, **source.parameters}
        recorded = mode.recorded
        terms = Terms(
            mode=mode.name,
            replay_of=None if recorded is None else recorded.named(),
            cache=declared_cache(mode.cache, parameters),
            begun_at=format_time(utc_now()),
            before=look(store, root, parameters),
        )
        write_order(ballot, mode.name, None if recorded is None else recorded.responses)
        write_evidence(ballot, terms)
        return cls(
            store=store, root=root, ballot=ballot, mode=mode, terms=terms, parameters=parameters
        )

    def end(self, decision: GateDecision | None) -> Outcome:
        """Look again, hold the record against the decision, and write down what came of it."""
        after = look(self.store, self.root, self.parameters)
        finding = examine(self.store, self.ballot, self.terms, after, decision)
        if self.mode.name == REPLAY and self.mode.recorded is not None and decision is not None:
            other = differences(self.mode.recorded.decision, decision)
            finding = replace(finding, problems=(*finding.problems, *other))
        same = comparable(decision)
        write_evidence(
            self.ballot,
            self.terms,
            ended_at=format_time(utc_now()),
            after=after,
            finding=finding,
            comparable=same,
        )
        evidence = {
            "cache": self.terms.cache,
            "responses": finding.responses,
            "claims": list(finding.claims),
        }
        return Outcome(finding=finding, comparable=same, evidence=evidence)
