"""What a rollout's rule does with good and bad releases: error rates by simulation.

Each line is so many whole rollouts of 20,000 requests with a look every 200, driven through the
real ``decide``; beside it a z-test at every look, which is what looking often does to an ordinary
test. Run: ``python tests/benchmarks/rollout_simulation.py [RUNS]``.
"""

from __future__ import annotations

import sys
import time
from math import sqrt
from pathlib import Path

import numpy as np

from llmops_magics.prompts.serving.plan import RolloutPlan

sys.path.insert(0, str(Path(__file__).parents[1] / "release" / "rollout"))
from simulated import errors, share_of, simulate

STABLE = 0.05
CANDIDATES = (0.05, 0.07, 0.10, 0.20)
GUARD = "error_rate non_inferior 0.01"
PLANS = {
    "10%": RolloutPlan(steps=(10.0,), hold_s=1800, guards=(GUARD,)),
    "10, 25, 50%": RolloutPlan(steps=(10.0, 25.0, 50.0), hold_s=1800, guards=(GUARD,)),
    "5, 25, 50%": RolloutPlan(steps=(5.0, 25.0, 50.0), hold_s=600, guards=(GUARD,)),
}


def naive(rng: np.random.Generator, runs: int, rate: float) -> tuple[float, float]:
    """Return how often a one-sided z-test at one of 100 looks rolls back, and when (median)."""
    candidate = rng.binomial(20, rate, (runs, 100)).cumsum(1)
    stable = rng.binomial(180, STABLE, (runs, 100)).cumsum(1)
    n, m = 20 * np.arange(1, 101), 180 * np.arange(1, 101)
    pooled = (candidate + stable) / (n + m)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / m))
    hit = (candidate / n - stable / m) / error >= 1.645
    first = np.where(hit.any(1), hit.argmax(1), -1)
    return float(hit.any(1).mean()), float(np.median(n[first[first >= 0]]))


def main(runs: int) -> None:
    """Print the table."""
    print(f"{runs:,} rollouts a line, stable version fails in {STABLE:.0%}")
    for rate in CANDIDATES:
        share, median = naive(np.random.default_rng(1), runs, rate)
        print(f"{'z-test at each look':20} {rate:.0%}: back {share:.3f} (median {median:,.0f})")
    for name, plan in PLANS.items():
        for rate in CANDIDATES:
            began = time.perf_counter()
            ends = [
                simulate(plan, np.random.default_rng([2, i]), stable=errors(STABLE),
                         candidate=errors(rate))
                for i in range(runs)
            ]  # fmt: skip
            back = [end for end in ends if end.decision == "rollback"]
            median = np.median([end.candidate_requests for end in back]) if back else 0
            wide = 1.96 * sqrt(max(len(back) / runs * (1 - len(back) / runs), 1e-9) / runs)
            print(
                f"{name:20} {rate:.0%}: back {len(back) / runs:.3f} ± {wide:.3f} "
                f"(median {median:,.0f} of the candidate), before half "
                f"{share_of(ends, 'rollback', within=10_000):.3f}, completed "
                f"{share_of(ends, 'complete'):.3f}, {time.perf_counter() - began:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
