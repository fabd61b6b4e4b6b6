"""Find the version that broke a metric, with as few evals as the noise allows.

As ``git bisect``, over evals instead of tests: a version is good, bad, or too noisy to tell, and
then the answer is the range of versions that cannot be told apart, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.effect import (
    BETTER,
    NOISE,
    UNKNOWN,
    WORSE,
    effect,
    mean_of,
    prefers_higher,
    shown,
)
from llmops_magics.evals.attribution.measure import Measured, VersionMeasure
from llmops_magics.evals.attribution.record import BisectProbe, Effect, PromptBisect
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.statistics.interval import CONFIDENCE

GOOD, BAD, UNCLEAR = "good", "bad", "unclear"


def bisect(
    versions: Sequence[PromptVersion],
    metric: str,
    good: int,
    bad: int,
    measure: VersionMeasure,
    *,
    higher_is_better: bool | None = None,
    confidence: float = CONFIDENCE,
) -> PromptBisect:
    """Search between the numbers ``good`` and ``bad`` of a prompt's ``versions``.

    Good and bad are measured first and compared at ``confidence``; where bad is not worse beyond
    noise, nothing more is measured. Then the middle version is measured, and so on: at most
    ⌈log2 n⌉ evals for n steps while all is clear, at most twice as many otherwise. A probe is
    good where it is not distinguishable from good and clearly better than bad, bad the other way
    round, else unclear; then its neighbours are tried. The intervals of all probes hold together
    at ``confidence``: Bonferroni over the most probes there may be, each being in truth good or
    bad, so that only one of its two comparisons can be wrongly called clear.

    As with any bisection, what it finds is a version where good turns to bad; if the metric went
    up and down between, there may be others. Raises ``UsageError`` for numbers that are not there
    or not in order, and for a metric that the runs have not.
    """
    between = _between(versions, good, bad)
    search = _Search(
        between,
        metric,
        measure,
        higher_is_better=prefers_higher(metric, higher_is_better),
        confidence=confidence,
    )
    whole = search.compare_ends()
    if whole.verdict == WORSE:
        search.narrow()
        culprits = tuple(version.number for version in between[search.low + 1 : search.high + 1])
        conclusion = search.conclude(culprits, whole)
    else:
        culprits, conclusion = (), _no_culprit(good, bad, metric, whole)
    first = search.run_of(0)
    return PromptBisect(
        name=between[0].name,
        metric=metric,
        good=good,
        bad=bad,
        dataset=first.run.dataset,
        model=first.run.model,
        probes=tuple(search.probes),
        culprits=culprits,
        conclusion=conclusion,
        evals_run=sum(not probe.reused for probe in search.probes),
        evals_reused=sum(probe.reused for probe in search.probes),
    )


class _Search:
    """The state of one search: ``low`` is known as good, ``high`` as bad, by position."""

    def __init__(
        self,
        versions: Sequence[PromptVersion],
        metric: str,
        measure: VersionMeasure,
        *,
        higher_is_better: bool,
        confidence: float,
    ) -> None:
        self._versions = versions
        self._metric = metric
        self._measure = measure
        self._more_is_better = higher_is_better
        self._confidence = confidence
        self._measured: dict[str, Measured] = {}
        self._between: set[int] = set()  # clearly worse than good and clearly better than bad
        self._unclear: set[int] = set()
        inside = len(versions) - 2
        self._most_probes = min(inside, 2 * ceil(log2(len(versions) - 1)))
        self.low, self.high = 0, len(versions) - 1
        self.probes: list[BisectProbe] = []

    def run_of(self, position: int) -> Measured:
        """Return the run of a version; the same content is measured once."""
        version = self._versions[position]
        known = self._measured.get(version.digest)
        if known is not None:
            return Measured(run=known.run, reused=True)
        self._measured[version.digest] = self._measure(version)
        return self._measured[version.digest]

    def compare_ends(self) -> Effect:
        """Measure good and bad and return what bad is against good."""
        good = self.run_of(0)
        itself = self._effect(good, good, 1)
        self._note(0, good, itself, GOOD)
        bad = self.run_of(self.high)
        whole = self._effect(bad, good, 1)
        self._note(self.high, bad, whole, BAD if whole.verdict == WORSE else UNCLEAR)
        return whole

    def narrow(self) -> None:
        """Probe until the two ends are neighbours, or no probe can tell any more."""
        end = len(self.probes) + self._most_probes
        while len(self.probes) < end and (position := self._next()) is not None:
            taken_as = self._probe(position)
            if taken_as == GOOD:
                self.low = position
            elif taken_as == BAD:
                self.high = position
            else:
                self._unclear.add(position)

    def conclude(self, culprits: tuple[int, ...], whole: Effect) -> str:
        """Say in one sentence which versions it may be, and why not fewer."""
        lost = shown(whole, self._metric)
        low, high = (self._versions[end].number for end in (self.low, self.high))
        if len(culprits) == 1:
            return f"Version {high} broke it: from good to bad, {lost}."
        among = f"It broke between version {low} and version {high}: {lost}"
        if any(self.low < position < self.high for position in self._between):
            return f"{among}; at least one version between lies between, so it fell more than once."
        return f"{among}; the versions between cannot be told from noise on these cases."

    def _next(self) -> int | None:
        """Return the position to probe: the middle, or near it one that is stored already."""
        inside = [p for p in range(self.low + 1, self.high) if p not in self._unclear]
        if not inside:
            return None
        middle = (self.low + self.high) / 2
        inside.sort(key=lambda position: (abs(position - middle), position))
        near = [p for p in inside if abs(p - middle) <= (self.high - self.low) / 4]
        return next((p for p in near if self._is_free(p)), inside[0])

    def _is_free(self, position: int) -> bool:
        version = self._versions[position]
        return version.digest in self._measured or self._measure.is_stored(version)

    def _probe(self, position: int) -> str:
        probe, good, bad = (self.run_of(p) for p in (position, 0, len(self._versions) - 1))
        against_good = self._effect(probe, good, self._most_probes)
        against_bad = self._effect(probe, bad, self._most_probes)
        taken_as = self._classify(position, against_good, against_bad)
        if against_good.verdict == WORSE and against_bad.verdict == BETTER:
            self._between.add(position)
        self._note(position, probe, against_good, taken_as)
        return taken_as

    def _classify(self, position: int, against_good: Effect, against_bad: Effect) -> str:
        digest, ends = self._versions[position].digest, (self._versions[0], self._versions[-1])
        if digest in (ends[0].digest, ends[1].digest):  # the same content is the same
            return GOOD if digest == ends[0].digest else BAD
        like_good = against_good.verdict in (NOISE, BETTER)
        like_bad = against_bad.verdict in (NOISE, WORSE)
        if UNKNOWN in (against_good.verdict, against_bad.verdict) or like_good == like_bad:
            return UNCLEAR
        return GOOD if like_good else BAD

    def _effect(self, candidate: Measured, baseline: Measured, comparisons: int) -> Effect:
        return effect(
            candidate.run,
            baseline.run,
            self._metric,
            higher_is_better=self._more_is_better,
            confidence=self._confidence,
            comparisons=comparisons,
        )

    def _note(self, position: int, measured: Measured, against: Effect, taken_as: str) -> None:
        self.probes.append(
            BisectProbe(
                number=self._versions[position].number,
                mean=mean_of(measured.run, self._metric),
                against_good=against,
                taken_as=taken_as,
                reused=measured.reused,
            )
        )


def _between(versions: Sequence[PromptVersion], good: int, bad: int) -> list[PromptVersion]:
    numbers = {version.number for version in versions}
    missing = [str(number) for number in (good, bad) if number not in numbers]
    if missing:
        raise UsageError(f"The prompt has no version {' and no version '.join(missing)}.")
    if good >= bad:
        raise UsageError(
            f"The good version, {good}, must come before the bad one, {bad}.",
            hint="Name a version that was still right, and a later one that is not.",
        )
    inside = (version for version in versions if good <= version.number <= bad)
    return sorted(inside, key=lambda version: version.number)


def _no_culprit(good: int, bad: int, metric: str, whole: Effect) -> str:
    said = {
        NOISE: "is not worse than version {good} beyond noise",
        BETTER: "is better than version {good}, not worse",
    }.get(whole.verdict, "cannot be compared with version {good}")
    return f"Version {bad} {said.format(good=good)}: {shown(whole, metric)}."
