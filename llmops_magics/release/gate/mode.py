"""How a gate decides: on the interval, or in a way that gives something up and says so.

``interval`` promises that a rule which does not hold passes in at most 2.5% of runs, and one that
holds fails in at most 2.5%; what is uncertain is INCONCLUSIVE. For a bound on assertions made once
that is exact; for their difference simulation finds at most 2.7%. Scores come near it: strongly
skewed ones passed a false rule in up to 6% of runs of 20 to 50 cases (``tests/benchmarks/
rule_error_rates.py``). ``strict`` lets nothing undecided stand. ``point`` looks at the observed
number alone.
"""

from __future__ import annotations

from dataclasses import replace

from llmops_magics.errors import UsageError
from llmops_magics.release.gate.result import RuleResult, Verdict

INTERVAL, STRICT, POINT = "interval", "strict", "point"
GIVES_UP = {
    INTERVAL: "",
    STRICT: (
        "Strict mode counts what is undecided as FAIL: it gives up the promise that what holds is "
        "seldom blocked, the more so the fewer the cases."
    ),
    POINT: (
        "Point mode decides on the observed value alone: it gives up both promises, and near the "
        "bound chance decides."
    ),
}


def check_mode(mode: str) -> None:
    """Raise ``UsageError`` for a mode that is none."""
    if mode not in GIVES_UP:
        raise UsageError(f"There is no mode {mode!r}.", hint=f"There are {', '.join(GIVES_UP)}.")


def in_mode(result: RuleResult, mode: str, *, holds: bool | None) -> RuleResult:
    """Return what a mode makes of a result that was decided on the interval.

    ``holds`` is whether the observed value satisfies the rule, None where it cannot be taken at
    its word: something is missing, or the cases are fewer than a verdict takes.
    """
    if mode == INTERVAL:
        return result
    verdict = result.verdict
    if mode == STRICT and verdict is Verdict.INCONCLUSIVE:
        verdict = Verdict.FAIL
    if mode == POINT and holds is not None:
        verdict = Verdict.PASS if holds else Verdict.FAIL
    return replace(
        result,
        verdict=verdict,
        mode=mode,
        gives_up=GIVES_UP[mode],
        reason=f"{result.reason} {GIVES_UP[mode]}",
    )


def in_mode_of_fact(result: RuleResult, mode: str) -> RuleResult:
    """Return what a mode makes of a fact, such as a count: the same, unless it is undecided."""
    is_open = result.verdict is Verdict.INCONCLUSIVE
    return in_mode(result, mode, holds=None) if is_open else replace(result, mode=mode)
