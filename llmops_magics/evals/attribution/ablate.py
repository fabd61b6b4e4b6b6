"""Which part of a change moved a metric: each part is applied alone to the base and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from llmops_magics.errors import DatasetError, PromptError, UsageError
from llmops_magics.evals.attribution.draft import draft
from llmops_magics.evals.attribution.effect import effect, mean_of, prefers_higher
from llmops_magics.evals.attribution.hunk import Change, Hunk, group_by_field
from llmops_magics.evals.attribution.measure import Measured, VersionMeasure
from llmops_magics.evals.attribution.record import AblatedHunk, Effect, PromptAblation
from llmops_magics.evals.run import EvalRun
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.statistics.interval import CONFIDENCE

MAX_HUNKS = 20


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The drafts to measure, and the parts left out: without effect, or unable to stand alone."""

    drafts: tuple[tuple[Hunk, PromptVersion], ...]
    idle: tuple[str, ...]
    broken: tuple[str, ...]


def ablate(
    base: PromptVersion,
    whole: PromptVersion,
    metric: str,
    measure: VersionMeasure,
    *,
    higher_is_better: bool | None = None,
    confidence: float = CONFIDENCE,
    max_hunks: int = MAX_HUNKS,
) -> PromptAblation:
    """Split the change from ``base`` to ``whole`` and measure each part alone on the base.

    Parts are sentences, messages, settings, tools, inclusions and the like; one that needs a new
    input, inclusion or image brings it along. With more than ``max_hunks`` of them, the parts of
    one message are measured together. Base and whole are compared at ``confidence``, the parts
    hold together at it (Bonferroni). ``interaction`` is the whole's difference less the sum of
    the parts', None where a part is not known.

    Raises ``UsageError`` for versions of the same content, and where even together the parts are
    too many.
    """
    change = Change(PromptContent.of(base), PromptContent.of(whole))
    hunks = _limit(change.hunks, max_hunks, base, whole)
    plan = _plan(base, change, hunks)
    runs = _Runs(measure)
    ends = runs.get(base), runs.get(whole)
    measured, refused = _measure(plan, runs)
    against_base = partial(
        effect,
        baseline=ends[0].run,
        metric=metric,
        higher_is_better=prefers_higher(metric, higher_is_better),
        confidence=confidence,
    )
    whole_effect = against_base(ends[1].run)
    parts = _parts(measured, metric, partial(against_base, comparisons=len(measured)))
    broken = (*plan.broken, *refused)
    return PromptAblation(
        base=base.ref,
        ref=whole.ref,
        metric=metric,
        dataset=ends[0].run.dataset,
        model=ends[0].run.model,
        base_mean=mean_of(ends[0].run, metric),
        whole_mean=mean_of(ends[1].run, metric),
        whole=whole_effect,
        hunks=tuple(sorted(parts, key=lambda part: -abs(part.effect.difference or 0.0))),
        interaction=None if broken else _interaction(whole_effect, parts),
        evals_run=runs.made,
        evals_reused=runs.asked - runs.made,
        skipped=(*broken, *plan.idle),
    )


class _Runs:
    """Measures each content once."""

    def __init__(self, measure: VersionMeasure) -> None:
        self._measure = measure
        self._known: dict[str, Measured] = {}
        self.asked = self.made = 0

    def get(self, version: PromptVersion) -> Measured:
        known = self._known.get(version.digest)
        found = Measured(run=known.run, reused=True) if known else self._measure(version)
        self._known[version.digest] = found
        self.asked += 1
        self.made += not found.reused
        return found


def _limit(
    hunks: Sequence[Hunk], most: int, base: PromptVersion, whole: PromptVersion
) -> tuple[Hunk, ...]:
    if not hunks:
        raise UsageError(f"{base.ref} and {whole.ref} have the same content.")
    if len(hunks) <= most:
        return tuple(hunks)
    grouped = group_by_field(hunks)
    if len(grouped) > most:
        raise UsageError(
            f"The change from {base.ref} to {whole.ref} has {len(grouped)} parts, and at most "
            f"{most} are measured.",
            hint="Allow more, or take versions that are closer to one another.",
        )
    return grouped


def _plan(base: PromptVersion, change: Change, hunks: Sequence[Hunk]) -> _Plan:
    drafts, idle, broken = [], [], []
    for hunk in hunks:
        reason = _idle(change, hunk)
        if reason:
            idle.append(f"{hunk.field}: {reason}")
            continue
        try:
            made = draft(base, change.apply(change.complete(hunk.parts)))
        except PromptError as error:
            broken.append(f"{_named(hunk)}: {error.message.rstrip('.')}")
        else:
            drafts.append((hunk, made))
    return _Plan(drafts=tuple(drafts), idle=tuple(idle), broken=tuple(broken))


def _idle(change: Change, hunk: Hunk) -> str:
    """Return why a part changes nothing that the model is sent, the empty text if it may."""
    if hunk.parts == {("tests",)}:
        return "tests are not sent to the model"
    if all(change.is_addition(part) for part in hunk.parts):
        return "nothing in the base reads it; it is measured with the text that does"
    return ""


def _measure(plan: _Plan, runs: _Runs) -> tuple[list[tuple[Hunk, Measured]], tuple[str, ...]]:
    measured, refused = [], []
    for hunk, version in plan.drafts:
        try:
            measured.append((hunk, runs.get(version)))
        except DatasetError as error:  # before any call: the data lack a variable
            refused.append(f"{_named(hunk)}: {error.message.rstrip('.')}")
    return measured, tuple(refused)


def _named(hunk: Hunk) -> str:
    text = " ".join((hunk.after or hunk.before).split())
    return f"{hunk.field} ({text if len(text) <= 60 else text[:59] + '…'})"


def _parts(
    measured: Sequence[tuple[Hunk, Measured]], metric: str, against: Callable[[EvalRun], Effect]
) -> list[AblatedHunk]:
    return [
        AblatedHunk(
            field=hunk.field,
            before=hunk.before,
            after=hunk.after,
            mean=mean_of(found.run, metric),
            effect=against(found.run),
            reused=found.reused,
        )
        for hunk, found in measured
    ]


def _interaction(whole: Effect, parts: Sequence[AblatedHunk]) -> float | None:
    differences = [part.effect.difference for part in parts]
    known = [difference for difference in differences if difference is not None]
    if whole.difference is None or len(known) < len(differences):
        return None
    return whole.difference - sum(known)
