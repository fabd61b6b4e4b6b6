"""The decision of a gate: every rule, and the worst of their verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from llmops_magics.errors import UsageError
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.stored import owner
from llmops_magics.record import format_time, utc_now
from llmops_magics.release.gate.licensed import (
    FindLicence,
    LicenceCheck,
    check_licences,
    held_to_licence,
    no_store,
)
from llmops_magics.release.gate.mode import INTERVAL, check_mode
from llmops_magics.release.gate.result import GateDecision, RuleResult, Verdict
from llmops_magics.release.gate.rule import GRAMMAR, Rule, check_names, parse_rule
from llmops_magics.release.gate.verdict import MIN_CASES, decide_rule


def decide(
    run: EvalRun,
    rules: Sequence[str],
    *,
    index_fingerprint: str = "",
    min_cases: int = MIN_CASES,
    mode: str = INTERVAL,
    require_calibrated: bool | Collection[str] = False,
    find_licence: FindLicence = no_store,
    further: Sequence[RuleResult] = (),
) -> GateDecision:
    """Decide all rules on a run: FAIL if one fails, else INCONCLUSIVE if one is, else PASS.

    ``mode`` is ``interval``, ``strict`` or ``point`` (``release.gate.mode``). ``UsageError`` for a
    mode that is none of these, for no rules, for one that cannot be read, and for names the run
    has not; every rule is checked before the first is decided.

    With ``require_calibrated`` a rule on a judge's score is INCONCLUSIVE unless that very judge
    has a licence: True means every scorer that asks a judge model, names mean these scorers,
    local ones too. ``find_licence`` looks it up (``release.gate.licensed.in_store``). ``further``
    results stand behind those of the rules and count as much.
    """
    if isinstance(rules, str) or not rules:
        raise UsageError("A gate needs a list of rules.", hint=GRAMMAR)
    check_mode(mode)
    parsed = [parse_rule(text) for text in rules]
    for rule in parsed:
        check_names(rule, run)
    licences = check_licences(run, require_calibrated, find_licence)
    own = (_decide(rule, run, licences, min_cases, mode) for rule in parsed)
    results = (*own, *further)
    return GateDecision(
        verdict=worst(results),
        rules=results,
        run_id=run.run_id,
        prompt=run.prompt,
        prompt_digest=run.prompt_digest,
        dataset=run.dataset,
        dataset_digest=run.dataset_digest,
        model=run.model,
        resolved_models=run.resolved_models,
        failing_cases=run.summary.failed_cases,
        cost_usd=run.summary.cost_usd,
        unpriced_samples=run.summary.unpriced_samples,
        baseline=run.comparison.baseline_prompt if run.comparison else "",
        index_fingerprint=index_fingerprint,
        decided_at=format_time(utc_now()),
        mode=mode,
        licences={name: check.said for name, check in licences.items()},
    )


def _decide(
    rule: Rule, run: EvalRun, licences: Mapping[str, LicenceCheck], min_cases: int, mode: str
) -> RuleResult:
    check = licences.get(owner(rule.subject, licences))
    if check is None or check.is_licensed:
        return decide_rule(rule, run, min_cases=min_cases, mode=mode)
    return held_to_licence(decide_rule(rule, run, min_cases=min_cases), check, mode)


def worst(results: Sequence[RuleResult]) -> Verdict:
    """Return the verdict that all rules together deserve; no rules prove nothing."""
    verdicts = {result.verdict for result in results}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.INCONCLUSIVE
