"""What was seen of both arms of a rollout: sums by step, never single requests.

What a step saw is kept apart from the others, for each had its own share and its own hours. Sums
are all that the tests need, so that a look costs the database one pass and this process nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmops_magics.statistics.sequential import Stratum, Tally


@dataclass(frozen=True, kw_only=True)
class ArmSeen:
    """What one arm did in one step: its requests, their cost, and a tally a metric by its name."""

    requests: int = 0
    spend_usd: float = 0.0
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def tally(self, metric: str) -> Tally:
        """Return the sums of a metric; empty where nothing was seen of it."""
        return self.tallies.get(metric, Tally())


@dataclass(frozen=True, kw_only=True)
class StepSeen:
    """What both arms did in one step."""

    step: int
    stable: ArmSeen = ArmSeen()
    candidate: ArmSeen = ArmSeen()


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What was seen of a rollout; ``steps`` in the order of time, the current one last."""

    steps: tuple[StepSeen, ...]

    @property
    def current(self) -> StepSeen:
        """What the current step saw."""
        return self.steps[-1]

    @property
    def spend_usd(self) -> float:
        """What the candidate's requests have cost in all steps."""
        return sum(seen.candidate.spend_usd for seen in self.steps)

    def strata(self, metric: str) -> list[Stratum]:
        """Return candidate and stable of each step."""
        return [(seen.candidate.tally(metric), seen.stable.tally(metric)) for seen in self.steps]
