"""How a release reaches everybody: steps, guardrails, who is aimed at and who is held back.

A plan is pure data. It stands in the row of a rollout, so that whoever watches or serves it reads
the same one however the settings change meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from llmops_magics.record import to_jsonable

Operator = Literal["equals", "in", "prefix"]
OPERATORS: Final[tuple[Operator, ...]] = ("equals", "in", "prefix")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who gets what whatever their bucket; the first rule that fits decides.

    ``attribute`` of whoever asks is compared with ``values`` (one, or several for ``in``). The
    outcome is ``arm`` (``stable`` or ``candidate``), or where that is empty ``share`` (0 to 1) of
    those whom the rule fits.
    """

    attribute: str
    operator: Operator
    values: tuple[str, ...]
    arm: str = ""
    share: float = 0.0

    def fits(self, attributes: Mapping[str, Any]) -> bool:
        """Tell whether an asker's attributes are those of the rule; a missing one never is."""
        found = attributes.get(self.attribute)
        if found is None:
            return False
        text = str(found)
        if self.operator == "prefix":
            return text.startswith(self.values)
        return text in self.values


@dataclass(frozen=True, kw_only=True)
class RolloutPlan:
    """``steps`` are shares in percent, each held ``hold_s`` seconds and ``min_requests``.

    ``guards`` and ``kill`` are as in ``llmops.toml``, ``alpha`` is shared by all guards.
    ``holdback`` is the share in percent that stays with the version before. With ``shadow`` the
    candidate answers beside the stable version and is never shown; ``scorers`` compare the two.
    """

    steps: tuple[float, ...] = ()
    hold_s: float = 1800.0
    min_requests: int = 200
    guards: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()
    alpha: float = 0.05
    holdback: float = 0.0
    rules: tuple[Rule, ...] = ()
    shadow: bool = False
    scorers: tuple[str, ...] = ()

    def share_at(self, step: int) -> float:
        """Return the share (0 to 1) of a step, which count from 0."""
        return self.steps[step] / 100

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that is stored."""
        body: dict[str, Any] = to_jsonable(self)
        return body

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> RolloutPlan:
        """Read what ``to_dict`` gave; raises ``KeyError`` or ``TypeError`` for anything else."""
        many = ("steps", "guards", "kill", "scorers")
        rules = tuple(Rule(**{**rule, "values": tuple(rule["values"])}) for rule in body["rules"])
        return cls(**{**body, **{name: tuple(body[name]) for name in many}, "rules": rules})
