"""How often a gate would fail a prompt that did not change.

Two ways. ``gate_aa`` draws from the answers of a dossier, with no call: each time as many cases as
there were, with replacement, and of each case as many of its answers; where rules compare, the
baseline is the very same prompt, its answers drawn anew from the same cases. ``gate_aa_live`` takes
the results of real repeats. Both count what the rules say.

Source: the nonparametric bootstrap by case, Efron and Tibshirani (1993), An Introduction to the
Bootstrap, chapter 6; rates with Wilson's interval (``statistics.proportion``).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.case_score import by_case
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import EvalRun, Sample
from llmops_magics.evals.summary import summarise
from llmops_magics.record import Record
from llmops_magics.release.gate.decision import worst
from llmops_magics.release.gate.mode import INTERVAL
from llmops_magics.release.gate.result import GateResult, RuleResult, Verdict
from llmops_magics.release.gate.rule import NON_INFERIOR, Rule, check_names, parse_rule
from llmops_magics.release.gate.verdict import decide_rule
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    from llmops_magics.release.dossier.record import Dossier

REPEATS = 1000
RESAMPLED, LIVE = "resampled", "live"
NO_CHANCE = (
    "Each case was answered once, so the chance between two answers to one case is not seen: "
    "rules against a baseline look safer here than they are. Use repeats, or live repeats."
)
OTHER_EVIDENCE = "What else was held against the gate is taken as it was: {}."
LICENCES = "Licences of judges are not asked for."


@dataclass(frozen=True, kw_only=True)
class VerdictRate:
    """How often one verdict came, with its 95% interval (Wilson); all None without a decision."""

    count: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class RuleAA:
    """How often one rule failed, and was undecided."""

    rule: str
    failed: VerdictRate
    inconclusive: VerdictRate


@dataclass(frozen=True, kw_only=True)
class GateAA(Record):
    """How often a gate does not pass a prompt held against itself.

    ``method`` is ``resampled`` (from ``cases`` cases of a dossier) or ``live``; ``undecided``
    counts live repeats that could not run.
    """

    kind: ClassVar[str] = "gate-aa"

    gate: str
    prompt: str
    method: str
    decisions: int
    cases: int
    failed: VerdictRate
    inconclusive: VerdictRate
    rules: tuple[RuleAA, ...]
    seed: int = 0
    undecided: int = 0
    notes: tuple[str, ...] = ()


def gate_aa(dossier: Dossier, *, repeats: int = REPEATS, seed: int = 0) -> GateAA:
    """Resample the recorded answers of a dossier; no call is made.

    Raises ``UsageError`` for a dossier without a decision, or without the samples of its run.
    """
    from llmops_magics.release.dossier.run_copy import run_of

    decision = dossier.result.decision
    run = run_of(Path(dossier.folder)) if decision is not None else None
    if decision is None or run is None or not run.samples:
        raise UsageError(
            f"{dossier.gate_id} holds no samples of a decided run.",
            hint="Name a dossier whose notebook evaluates a prompt, or repeat it: --aa N --live.",
        )
    own, others = _split(decision.rules, run)
    found = resample(run, own, repeats=repeats, seed=seed, mode=decision.mode, others=others)
    notes = (*found.notes, *((LICENCES,) if decision.licences else ()))
    return replace(found, gate=dossier.gate, notes=notes)


def resample(
    run: EvalRun,
    rules: Sequence[str],
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    mode: str = INTERVAL,
    others: Sequence[RuleResult] = (),
) -> GateAA:
    """Decide the rules on ``repeats`` draws of a run; ``others`` are results taken as they are."""
    if repeats < 1 or not rules:
        raise UsageError("Give rules, and one repeat or more.")
    parsed = [parse_rule(text) for text in rules]
    drawn = _draws(run, parsed, repeats, random.Random(seed))  # noqa: S311 -- no secret
    decided = [tuple(_decide(rule, each, mode) for rule in parsed) for each in drawn]
    answers = by_case(run.samples).values()
    compares = any(rule.comparison == NON_INFERIOR for rule in parsed)
    notes = [NO_CHANCE] if compares and all(len(own) == 1 for own in answers) else []
    if others:
        notes.append(OTHER_EVIDENCE.format(", ".join(each.rule for each in others)))
    return GateAA(
        gate="",
        prompt=run.prompt,
        method=RESAMPLED,
        decisions=repeats,
        cases=len(answers),
        failed=_rate([worst((*each, *others)) for each in decided], Verdict.FAIL),
        inconclusive=_rate([worst((*each, *others)) for each in decided], Verdict.INCONCLUSIVE),
        rules=_by_rule([rule.text for rule in parsed], decided),
        seed=seed,
        notes=tuple(notes),
    )


def gate_aa_live(results: Iterable[GateResult]) -> GateAA:
    """Count what real repeats of one gate on one prompt said; ``UsageError`` for none."""
    done = list(results)
    decisions = [r.decision for r in done if r.decision is not None and r.verdict is not None]
    if not decisions:
        raise UsageError("No repeat of the gate came to a decision.")
    verdicts = [decision.verdict for decision in decisions]
    names = [each.rule for each in decisions[0].rules]
    return GateAA(
        gate=Path(done[0].notebook).stem,
        prompt=decisions[0].prompt,
        method=LIVE,
        decisions=len(decisions),
        cases=max((each.n or 0 for each in decisions[0].rules), default=0),
        failed=_rate(verdicts, Verdict.FAIL),
        inconclusive=_rate(verdicts, Verdict.INCONCLUSIVE),
        rules=_by_rule(names, [decision.rules for decision in decisions]),
        undecided=len(done) - len(decisions),
    )


def _draws(
    run: EvalRun, rules: Sequence[Rule], repeats: int, chance: random.Random
) -> Iterator[EvalRun]:
    """Yield the run with its cases and answers drawn anew, beside itself where rules compare."""
    tagged = any(rule.tag for rule in rules)
    samples = [s if tagged else replace(s, tags=()) for s in run.samples]  # no slices to compare
    subjects = {rule.subject for rule in rules}
    names = [s.scorer for s in run.summary.scores if s.scorer in subjects]
    cases = list(by_case([_only(sample, subjects) for sample in samples]).values())
    compares = any(rule.comparison == NON_INFERIOR for rule in rules)
    for _ in range(repeats):
        chosen = chance.choices(cases, k=len(cases))
        found = _drawn(run, chosen, names, chance)
        if compares:
            other = _drawn(run, chosen, names, chance)
            found = replace(found, comparison=compare(found, other))
        yield found


def _drawn(
    run: EvalRun, chosen: Sequence[list[Sample]], names: Sequence[str], chance: random.Random
) -> EvalRun:
    samples = tuple(
        replace(sample, case_id=f"{sample.case_id}#{place}", repeat=number)
        for place, own in enumerate(chosen)
        for number, sample in enumerate(chance.choices(own, k=len(own)))
    )
    return replace(
        run, samples=samples, summary=summarise(samples, names, 0.0), comparison=None, causes=None
    )


def _only(sample: Sample, scorers: Collection[str]) -> Sample:
    """Leave out scores that no rule is about; a score of several needs the whole one beside it."""
    kept = (s for s in sample.scores if any(f"{n}.".startswith(f"{s.scorer}.") for n in scorers))
    return replace(sample, scores=tuple(kept))


def _decide(rule: Rule, run: EvalRun, mode: str) -> RuleResult:
    """Decide a rule; it is undecided where no case with its tag was drawn."""
    try:
        return decide_rule(rule, run, mode=mode)
    except UsageError as error:
        return RuleResult(rule=rule.text, verdict=Verdict.INCONCLUSIVE, reason=error.message)


def _split(results: Sequence[RuleResult], run: EvalRun) -> tuple[list[str], tuple[RuleResult, ...]]:
    """Tell the rules on the run from what other evidence said."""
    own: list[str] = []
    others: list[RuleResult] = []
    for result in results:
        try:
            check_names(parse_rule(result.rule), run)
        except UsageError:
            others.append(result)
        else:
            own.append(result.rule)
    return own, tuple(others)


def _rate(verdicts: Sequence[Verdict], which: Verdict) -> VerdictRate:
    count, n = sum(verdict is which for verdict in verdicts), len(verdicts)
    interval = wilson_interval(count, n)
    return VerdictRate(
        count=count,
        rate=count / n if n else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )


def _by_rule(names: Sequence[str], decided: Sequence[Sequence[RuleResult]]) -> tuple[RuleAA, ...]:
    columns = [[each[place].verdict for each in decided] for place in range(len(names))]
    return tuple(
        RuleAA(
            rule=name,
            failed=_rate(verdicts, Verdict.FAIL),
            inconclusive=_rate(verdicts, Verdict.INCONCLUSIVE),
        )
        for name, verdicts in zip(names, columns, strict=True)
    )
