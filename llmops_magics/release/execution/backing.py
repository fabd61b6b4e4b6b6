"""What a decision says of its run, held against the claims and against the run in the store.

A decision is delivered by the kernel, whose code is the notebook's. So it is not believed alone: it
has to be about a run that was claimed, a stored run has to say the same and to have been asked in
this gate, and each of its rules that can be decided on the stored run has to pass there too. (A
notebook that forges the record of the calls as well is not found here: pin its digest, as the
policy of an environment can.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import LlmopsError, UsageError
from llmops_magics.evals.function_target import PREFIX
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.stored import load_run
from llmops_magics.release.execution.claim import check_claim, claim_of
from llmops_magics.release.gate.decision import worst
from llmops_magics.release.gate.result import GateDecision, RuleResult, Verdict
from llmops_magics.release.gate.rule import NON_INFERIOR, parse_rule
from llmops_magics.release.gate.verdict import decide_rule

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

_SAME = ("prompt", "prompt_digest", "dataset_digest", "model")


def unbacked(
    store: Store,
    decision: GateDecision | None,
    claims: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
) -> tuple[str, ...]:
    """Return why a decision is not what its run says, in words; empty where it is."""
    if decision is None:
        return ()
    if decision.verdict != worst(decision.rules):
        return (f"The decision says {decision.verdict}, and its rules do not.",)
    if not any(claim["run_id"] == decision.run_id for claim in claims):
        run_id = decision.run_id[:40]
        return (f"Nothing was claimed of the run {run_id}: llmops_magics.gate did not decide it.",)
    run = _stored(store, decision)
    if run is None:
        return _unstored(decision, claims)
    return (*_differences(decision, run), *_unasked(run, lines), *_undecided(decision, run))


def _stored(store: Store, decision: GateDecision) -> EvalRun | None:
    try:
        return load_run(store, decision.run_id)
    except UsageError:  # a run of retrieval, or one that was never finished
        return None


def _unstored(decision: GateDecision, claims: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Refuse a model's run of which there is neither a row nor a claimed call."""
    is_asked = bool(decision.model) and not decision.prompt.startswith(PREFIX)
    calls = sum(c["model_calls"] for c in claims if c["run_id"] == decision.run_id)
    if calls or not is_asked:
        return ()
    return (f"The run {decision.run_id[:40]} is not in the store, and claims no call of a model.",)


def _differences(decision: GateDecision, run: EvalRun) -> Iterator[str]:
    for name in _SAME:
        if getattr(decision, name) != getattr(run, name):
            what = name.replace("_", " ")
            yield f"The run {run.run_id} has another {what} than the decision says."


def _unasked(run: EvalRun, lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    found = check_claim(claim_of(run), lines)
    if found["unrecorded_count"]:
        cases = ", ".join(map(str, found["unrecorded"]))
        yield (
            f"The run {run.run_id}, as stored, claims {found['model_calls']} model calls and "
            f"{found['unrecorded_count']} of them were not made in this gate ({cases})."
        )


def _undecided(decision: GateDecision, run: EvalRun) -> Iterator[str]:
    """Decide each rule that passed on the stored run again, where that can be told from it."""
    for said in decision.rules:
        again = _again(said, run, decision.mode) if said.verdict is Verdict.PASS else None
        if again is not None and again.verdict is not Verdict.PASS:
            yield f"On the run as stored, {said.rule} is {again.verdict}: {again.reason}"


def _again(said: RuleResult, run: EvalRun, mode: str) -> RuleResult | None:
    """Return None for what is no rule on this run alone: further evidence, and a comparison."""
    try:
        rule = parse_rule(said.rule)
        if rule.comparison == NON_INFERIOR:
            return None
        return decide_rule(rule, run, mode=mode)
    except LlmopsError:
        return None
