"""Policies in Cedar: read, validated against the schema, and evaluated. Cedar enters here alone.

A forbid overrides every permit, and what no policy permits is denied. Every policy has an ``@id``,
which goes into the record of what it decided, and may have a ``@because`` in plain words. A policy
that does not fit the schema is refused when it is read. Should one fail on a request all the same,
nothing is permitted: Cedar would leave it out, and a forbid with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from llmops_magics.errors import ConfigError

_FOLDER: Final = Path(__file__).parent / "policy"
_INVARIANT: Final = "invariant.cedar"
_DEFAULT: Final = "default.cedar"
MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is known of one policy."""

    id: str
    effect: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What Cedar says of one request: ``rules`` decided, ``errors`` could not be evaluated."""

    allowed: bool
    rules: tuple[Rule, ...]
    errors: tuple[str, ...]


class PolicySet:
    """The policies of a workspace; immutable, and made once for many decisions."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Read policies by the name of their file; raises ``ConfigError`` naming it."""
        import cedarpy

        self.rules: dict[str, Rule] = {}
        bodies = [self._read(name, source) for name, source in sources.items()]
        self.content: list[Any] = bodies  # what a digest is made of: comments are not in it
        self._cedar = cedarpy.PolicySet.from_str("\n".join(sources.values()))

    def decide(
        self, requests: Sequence[Mapping[str, Any]], entities: list[dict[str, Any]]
    ) -> list[Ruling]:
        """Evaluate requests as Cedar's JSON has them, all over the same entities."""
        import cedarpy

        try:
            answers = cedarpy.is_authorized_batch(
                [dict(each) for each in requests], self._cedar, entities, _schema()
            )
        except ValueError as error:
            return [_failed(str(error)) for _ in requests]
        return [self._ruling(answer) for answer in answers]

    def _ruling(self, answer: Any) -> Ruling:
        found = answer.diagnostics
        errors = tuple(str(error) for error in found.errors)
        ids = sorted(found.id_annotations_by_reason.values())
        return Ruling(
            allowed=answer.allowed and not errors,
            rules=tuple(self.rules[each] for each in ids),
            errors=errors,
        )

    def _read(self, name: str, source: str) -> Any:
        """Check one file, note its rules, and return its content as plain data."""
        import cedarpy

        try:
            body = json.loads(cedarpy.policies_to_json_str(source))
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{name} is not valid Cedar: {str(error)[:500]}.") from None
        if body.get("templates"):
            raise ConfigError(f"{name} has a policy template.", hint="Write the policy out.")
        for policy in body["staticPolicies"].values():
            self._note(name, policy)
        checked = cedarpy.validate_policies(source, _schema_text())
        if not checked.validation_passed:
            faults = "; ".join(str(fault) for fault in checked.errors[:3])
            raise ConfigError(
                f"{name} does not fit the schema of access: {faults[:500]}.",
                hint="`%guard can` lists actions; the README says what a policy may speak of.",
            )
        return [body["staticPolicies"][key] for key in sorted(body["staticPolicies"])]

    def _note(self, name: str, policy: Mapping[str, Any]) -> None:
        notes = policy.get("annotations") or {}
        rule_id = notes.get("id") or ""
        if not rule_id:
            raise ConfigError(
                f"{name} has a policy without an @id.",
                hint='Write @id("…") before it: the id goes into the record of what it decides.',
            )
        if rule_id in self.rules:
            raise ConfigError(
                f"{name} has a policy {rule_id!r}, and there is one already.",
                hint="Give each an @id of its own; the package's are in it too.",
            )
        because = notes.get("because") or f"policy {rule_id}"
        self.rules[rule_id] = Rule(id=rule_id, effect=str(policy["effect"]), because=because)


def read_policies(root: Path, files: Iterable[str], *, default_permits: bool) -> PolicySet:
    """Return the policies of a workspace: the package's, then its own files.

    Raises ``ConfigError`` for a file that is missing, outside the folder, too large, or wrong.
    """
    packaged = (_INVARIANT, _DEFAULT) if default_permits else (_INVARIANT,)
    sources = {name: (_FOLDER / name).read_text(encoding="utf-8") for name in packaged}
    for name in files:
        sources[name] = _read_own(root, name)
    return PolicySet(sources)


def _read_own(root: Path, name: str) -> str:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"access.policies: {name!r} is outside the workspace.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES:,} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None


@cache
def _schema_text() -> str:
    return (_FOLDER / "schema.cedarschema").read_text(encoding="utf-8")


@cache
def _schema() -> Any:
    import cedarpy

    return cedarpy.Schema.from_str(_schema_text())


def _failed(what: str) -> Ruling:
    return Ruling(allowed=False, rules=(), errors=(what[:500],))
