"""What is done about what was found: a pure decision, from findings and policies.

For each finding the first policy in the order of the file that fits it decides; what none fits is
flagged. Over all findings the strictest action wins: block, ask, redact, flag, allow.

Who did not look may have missed anything. A detector that failed blocks wherever a policy could
have blocked or asked about what it looks for, and always in a gate; elsewhere its error is flagged.
The same holds of the part of a text that a detector did not read to its end: unless a policy names
the kind ``incomplete``, the first one that could have decided about what stands there does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from llmops_magics.config.guard import ACTIONS, Action, PolicySettings
from llmops_magics.errors import ConfigError
from llmops_magics.guard.detector import Boundary
from llmops_magics.guard.finding import INCOMPLETE, Finding
from llmops_magics.guard.scan import DetectorRun, TextScan

NO_POLICY: Final = ""
_STOPS: Final = ("block", "ask")
# What the package's own detectors look for; another one may look for anything.
_LOOKS_FOR: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(kinds.split())
    for name, kinds in {
        "injection": "injection",
        "indirect": "indirect injection",
        "classifier": "injection",
        "pii": "pii",
        "pii-model": "pii",
        "secrets": "secret",
        "canary": "canary",
        "leakage": "leakage",
        "exfiltration": "exfiltration",
        "output": "output",
        "toxicity": "toxicity",
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a text crosses: the boundary, the prompt's reference if any, the environment."""

    boundary: Boundary
    prompt: str = ""
    environment: str = "dev"


class Ruling(NamedTuple):
    """What is done about one finding, and the name of the policy that says so, "" if none does."""

    finding: Finding
    action: Action
    policy: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is done about one text.

    ``rulings`` are those that are not allowed, by place; ``failed`` the detectors that could not
    look. ``policies`` are the names of those that made the action what it is.
    """

    action: Action
    rulings: tuple[Ruling, ...] = ()
    failed: tuple[DetectorRun, ...] = ()
    policies: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found and not allowed."""
        return tuple(ruling.finding for ruling in self.rulings)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what was found and not allowed, each once."""
        return tuple(dict.fromkeys(finding.kind for finding in self.findings))

    @property
    def is_clean(self) -> bool:
        """Whether everybody looked and nothing needs to be said."""
        return not self.rulings and not self.failed

    def of(self, *actions: Action) -> tuple[Finding, ...]:
        """Return the findings that these actions are for."""
        return tuple(each.finding for each in self.rulings if each.action in actions)


def decide(
    scan: TextScan, policies: Sequence[PolicySettings], place: Place, *, in_gate: bool = False
) -> Decision:
    """Return what is done about a text that was scanned at a place."""
    here = [policy for policy in policies if _is_for(policy, place)]
    rulings = [_rule(finding, here) for finding in scan.findings]
    kept = tuple(ruling for ruling in rulings if ruling.action != "allow")
    stopping = [_stops_failed(run, here, in_gate=in_gate) for run in scan.errors]
    action = strictest(
        [
            *(ruling.action for ruling in kept),
            *("flag" if name is None else "block" for name in stopping),
        ]
    )
    because = [ruling.policy for ruling in kept if ruling.action == action]
    if action == "block":
        because += [name for name in stopping if name is not None]
    return Decision(
        action=action,
        rulings=kept,
        failed=scan.errors,
        policies=tuple(dict.fromkeys(name for name in because if name)),
    )


def check_policies(policies: Sequence[PolicySettings], detectors: Sequence[str]) -> None:
    """Raise ``ConfigError`` for a policy that can fit no finding: it would hold nothing back."""
    for policy in policies:
        if policy.kind != INCOMPLETE and not any(_could_fit(policy, each) for each in detectors):
            what = policy.detector or policy.kind
            raise ConfigError(
                f"guard.policy {policy.name!r} is about {what!r}, which no detector looks for.",
                hint=f"guard.detectors are: {', '.join(detectors)}.",
            )


def strictest(actions: Iterable[Action]) -> Action:
    """Return the strictest of these actions; of none it is ``allow``."""
    return max(actions, key=ACTIONS.index, default="allow")


def _is_for(policy: PolicySettings, place: Place) -> bool:
    if policy.boundary and place.boundary not in policy.boundary:
        return False
    environments = [glob.casefold() for glob in policy.environment]
    if environments and not _fits(place.environment.casefold(), environments):
        return False
    name = place.prompt.partition("@")[0]
    return not policy.prompt or any(_fits(each, policy.prompt) for each in (name, place.prompt))


def _fits(text: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(text, glob) for glob in globs)


def _rule(finding: Finding, policies: Sequence[PolicySettings]) -> Ruling:
    fits = _fits_unread if finding.kind == INCOMPLETE else _fits_finding
    first = next((policy for policy in policies if fits(policy, finding)), None)
    if first is None:
        return Ruling(finding, "flag", NO_POLICY)
    return Ruling(finding, first.action, first.name)


def _fits_finding(policy: PolicySettings, finding: Finding) -> bool:
    if policy.detector and not _is_named(policy.detector, finding.detector):
        return False
    if policy.kind and not finding.matches(policy.kind):
        return False
    return finding.is_at_least(policy.severity)


def _fits_unread(policy: PolicySettings, finding: Finding) -> bool:
    """Tell whether a policy speaks of an unread part, or could have of what stands in it."""
    if policy.kind == INCOMPLETE:
        return _fits_finding(policy, finding)
    # An allowance of what was found is none of what nobody has seen.
    return policy.action != "allow" and _could_be_for(policy, finding.detector)


def _stops_failed(
    run: DetectorRun, policies: Sequence[PolicySettings], *, in_gate: bool
) -> str | None:
    """Return the name of what blocks because a detector failed, None if nothing does."""
    stops = (each for each in policies if each.action in _STOPS)
    first = next((each.name for each in stops if _could_be_for(each, run.detector)), None)
    return first if first is not None or not in_gate else NO_POLICY


def _could_be_for(policy: PolicySettings, detector: str) -> bool:
    if policy.detector:
        return _is_named(policy.detector, detector)
    name = detector.partition(":")[0]
    if not policy.kind or name not in _LOOKS_FOR:
        return True
    return policy.kind.partition(".")[0] in _LOOKS_FOR[name]


def _could_fit(policy: PolicySettings, detector: str) -> bool:
    kinds = policy.model_copy(update={"detector": ""})
    is_named = not policy.detector or _is_named(policy.detector, detector)
    return is_named and _could_be_for(kinds, detector)


def _is_named(wanted: str, detector: str) -> bool:
    """Tell whether a detector is meant, by its whole spec or by its name."""
    return wanted in (detector, detector.partition(":")[0])
