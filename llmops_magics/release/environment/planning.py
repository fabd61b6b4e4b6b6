"""The plan of one promotion: what its command says, over what the environment's settings say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import UsageError
from llmops_magics.prompts.serving.plan import Operator, RolloutPlan, Rule
from llmops_magics.prompts.serving.pointer import CANDIDATE, STABLE
from llmops_magics.release.rollout.guardrail import check_plan

if TYPE_CHECKING:
    from llmops_magics.config.release import RolloutSettings

MAX_RULES: Final = 100
MAX_RULE_CHARACTERS: Final = 2_000
_CONDITION = re.compile(r"(?P<attribute>[\w.-]{1,80}+) ?(?P<operator>=|\bin\b|\^=) ?(?P<values>.+)")
_OUTCOME = re.compile(r"stable|candidate|\d{1,3}(?:\.\d{1,6})? ?%")
_OPERATORS: Final[dict[str, Operator]] = {"=": "equals", "in": "in", "^=": "prefix"}


def read_rule(written: str) -> Rule:
    """Read ``plan=beta: candidate``, ``country in AT,DE: 50%`` or ``email ^= qa-: stable``."""
    condition, _, outcome = " ".join(written[: MAX_RULE_CHARACTERS + 1].split()).rpartition(":")
    found, outcome = _CONDITION.fullmatch(condition.strip()), outcome.strip()
    if found is None or not _OUTCOME.fullmatch(outcome) or len(written) > MAX_RULE_CHARACTERS:
        raise UsageError(
            f"{written[:200]!r} is no targeting rule.",
            hint="Write plan=beta: candidate, 'country in AT,DE: 50%' or 'user ^= qa-: stable'.",
        )
    operator = _OPERATORS[found["operator"]]
    values = found["values"].split(",") if operator == "in" else [found["values"]]
    is_arm = outcome in (STABLE, CANDIDATE)
    share = 0.0 if is_arm else float(outcome.rstrip("% ")) / 100
    if share > 1:
        raise UsageError(f"{written[:200]!r} aims at more than 100 %.", hint="Give 0% to 100%.")
    return Rule(
        attribute=found["attribute"],
        operator=operator,
        values=tuple(value.strip() for value in values),
        arm=outcome if is_arm else "",
        share=share,
    )


def check_steps(steps: Sequence[float]) -> tuple[float, ...]:
    """Return the steps in percent; raises ``UsageError`` unless they grow, from over 0 to 100."""
    found = tuple(float(step) for step in steps)
    if any(not 0 < step <= 100 for step in found) or list(found) != sorted(set(found)):
        raise UsageError(
            f"{', '.join(f'{s:g}' for s in found)} are no steps of a rollout.",
            hint="Give growing shares in percent, such as 1,5,25,100.",
        )
    return found


def check_holdback(percent: float) -> float:
    """Return a holdback in percent; raises ``UsageError`` for one that is none."""
    if not 0 <= percent < 100:
        raise UsageError(f"a holdback of {percent:g} % cannot be.", hint="Give 0 to under 100.")
    return float(percent)


def plan_of(
    settings: RolloutSettings,
    *,
    canary: Sequence[float] | None = None,
    hold: str = "",
    guards: Sequence[str] | None = None,
    kill: Sequence[str] | None = None,
    holdback: float | None = None,
    rules: Sequence[str] = (),
    shadow: bool = False,
    scorers: Sequence[str] = (),
) -> RolloutPlan:
    """Return the plan; None and "" mean the settings'. Raises ``UsageError``, ``ScorerError``."""
    if len(rules) > MAX_RULES:
        raise UsageError(f"{len(rules)} targeting rules are too many: at most {MAX_RULES}.")
    guards = settings.guards if guards is None else guards
    kill = settings.kill if kill is None else kill
    check_plan(guards, kill)
    return RolloutPlan(
        steps=check_steps(settings.canary if canary is None else canary),
        hold_s=_seconds(hold) if hold else settings.hold.total_seconds(),
        min_requests=settings.min_requests,
        guards=tuple(guards),
        kill=tuple(kill),
        alpha=settings.alpha,
        holdback=check_holdback(settings.holdback if holdback is None else holdback),
        rules=tuple(map(read_rule, rules)),
        shadow=shadow,
        scorers=_known(scorers),
    )


def _known(scorers: Sequence[str]) -> tuple[str, ...]:
    """Return scorers that exist: an answer in the shadow that none can compare is lost."""
    if scorers:
        from llmops_magics.evals.scorer import resolve

        resolve(list(scorers))
    return tuple(scorers)


def _seconds(written: str) -> float:
    from llmops_magics.config.release import parse_duration

    try:
        return parse_duration(written).total_seconds()
    except ValueError as error:
        raise UsageError(f"{error}.", hint="Write a time such as 90s, 30m or 12h.") from error
