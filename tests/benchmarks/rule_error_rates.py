"""How often a gate's rules err, by simulation with known truth.

    python tests/benchmarks/rule_error_rates.py [--runs 4000]

Prints, for runs of n cases: the shares of false PASS (the rule does not hold and passes), false
FAIL (it holds and fails) and INCONCLUSIVE. On the bound itself a rule such as ``>=`` holds, so a
FAIL there is false; so is a PASS at a drop as large as the margin. Promised are at most 2.5% of
either. Every run is decided by the code that a gate uses; seeded, so that figures are the same.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import product

import numpy as np

from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise
from llmops_magics.release.gate.observation import Estimate, Observation
from llmops_magics.release.gate.rule import parse_rule
from llmops_magics.release.gate.verdict import decide_observation, decide_rule
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.paired import paired_difference

RATE, DISCORDANCE, MARGIN = 0.85, 0.10, 0.03
SIZES, DROPS = (20, 50, 200, 800), (0.0, 0.03, 0.06, 0.12)


def shares(verdicts):
    """Return the share of each verdict, from counts by verdict."""
    total = sum(verdicts.values())
    return {name: verdicts[name] / total for name in ("PASS", "FAIL", "INCONCLUSIVE")}


def non_inferior(n, drop, runs, *, margin=MARGIN, discordance=DISCORDANCE, mode="interval", seed=1):
    """Assertions of two runs on n cases, of which ``discordance`` flip: `s non_inferior margin`."""
    rule = parse_rule(f"s non_inferior {margin}")
    flips = max(discordance, drop)
    lost, gained = (flips + drop) / 2, (flips - drop) / 2
    table = [RATE - lost, gained, lost, 1 - RATE - gained]
    drawn = np.random.default_rng(seed).multinomial(n, table, size=runs)
    verdicts = Counter()
    for counts, times in zip(*np.unique(drawn, axis=0, return_counts=True), strict=True):
        both, up, down, neither = map(int, counts)
        new = [True] * (both + up) + [False] * (down + neither)
        old = [True] * both + [False] * up + [True] * down + [False] * neither
        found = paired_difference(new, old)
        seen = observed(found.difference, found.interval, n, "pairs of cases")
        verdicts[decide_observation(rule, seen, mode=mode).verdict.value] += int(times)
    return shares(verdicts)


def non_inferior_scores(n, drop, runs, *, margin=MARGIN, sd=0.2, seed=2):
    """Scores between 0 and 1 whose differences are skewed: `s non_inferior margin`."""
    rule = parse_rule(f"s non_inferior {margin}")
    generator = np.random.default_rng(seed)
    verdicts = Counter()
    for _ in range(runs):
        differences = sd * (1 - generator.exponential(size=n)) - drop
        found = paired_difference(list(differences), [0.0] * n)
        seen = observed(found.difference, found.interval, n, "pairs of cases")
        verdicts[decide_observation(rule, seen).verdict.value] += 1
    return shares(verdicts)


def threshold(n, rate, bound, runs, *, mode="interval", seed=3):
    """Assertions of one run, true with probability ``rate``: `s >= bound`, on a whole run."""
    drawn = np.random.default_rng(seed).binomial(n, rate, size=runs)
    verdicts = Counter()
    for passed, times in zip(*np.unique(drawn, return_counts=True), strict=True):
        result = decide_rule(f"s >= {bound}", eval_run(int(passed), n), mode=mode)
        verdicts[result.verdict.value] += int(times)
    return shares(verdicts)


def mean_score(n, bound, runs, *, shape=(5, 1.2), seed=4):
    """Scores of one run, of a skewed beta distribution: `s >= bound`."""
    rule = parse_rule(f"s >= {bound}")
    verdicts = Counter()
    for sample in np.random.default_rng(seed).beta(*shape, size=(runs, n)):
        found = estimate_mean(list(sample), bounds=(0, 1))
        seen = observed(found.mean, found.interval, n, "cases")
        verdicts[decide_observation(rule, seen).verdict.value] += 1
    return shares(verdicts)


def clustered(groups, size, bound, runs, *, rate=RATE, alike=4.0, ignore=False, seed=5):
    """Assertions in groups whose own rates differ (beta, the fewer ``alike`` the more)."""
    rule = parse_rule(f"s >= {bound}")
    generator = np.random.default_rng(seed)
    own = generator.beta(alike * rate, alike * (1 - rate), size=(runs, groups, 1))
    drawn = generator.random((runs, groups, size)) < own
    names = [str(group) for group in range(groups) for _ in range(size)]
    verdicts = Counter()
    for sample in drawn.reshape(runs, -1):
        values = [bool(value) for value in sample]
        found = estimate_mean(values, () if ignore else names, is_proportion=True)
        seen = observed(found.mean, found.interval, len(values), "cases")
        verdicts[decide_observation(rule, seen).verdict.value] += 1
    return shares(verdicts)


def observed(value, interval, n, unit):
    """Return the observation of an estimate."""
    low, high = (interval.low, interval.high) if interval else (None, None)
    estimate = Estimate(value=value, low=low, high=high, n=n)
    return Observation(estimate=estimate, missing=0, at_best=None, unit=unit)


def eval_run(passed, n):
    """Return a run of n cases with one assertion each."""
    samples = tuple(
        Sample(
            case_id=str(case), repeat=0, inputs={}, expected=None, output="", error="",
            scores=(Score(scorer="s", value=case < passed),), latency_ms=1.0, input_tokens=1,
            output_tokens=1, cost_usd=None,
        )
        for case in range(n)
    )  # fmt: skip
    return EvalRun(
        run_id="r", prompt="p@1", prompt_digest="", dataset="d", dataset_digest="", model="m",
        resolved_models=(), repeats=1, started_at="", summary=summarise(samples, ["s"], 0.0),
        samples=samples,
    )  # fmt: skip


def row(name, n, change, found, *, holds):
    """Print one line; ``holds`` says whether the rule is true."""
    false_pass = 0.0 if holds else found["PASS"]
    false_fail = found["FAIL"] if holds else 0.0
    right = found["PASS"] if holds else found["FAIL"]
    cells = (false_pass, false_fail, right, found["INCONCLUSIVE"])
    print(f"{name:<34}{n:>6}{change:>8}  " + "  ".join(f"{cell:>10.1%}" for cell in cells))


def compared(runs):
    """Print the rules on a difference, for each mode."""
    for mode, n, drop in product(("interval", "point", "strict"), SIZES, DROPS):
        found = non_inferior(n, drop, runs, mode=mode)
        row(f"s non_inferior 0.03, {mode}", n, f"{drop:.0%}", found, holds=drop < MARGIN)
    for n, drop in product(SIZES, DROPS):
        found = non_inferior_scores(n, drop, max(runs // 4, 200))
        row("score non_inferior 0.03, skewed", n, f"{drop:.0%}", found, holds=drop < MARGIN)


def absolute(runs):
    """Print the rules on one run."""
    for n, drop in product(SIZES, DROPS):
        found = threshold(n, RATE - drop, RATE, runs)
        row("s >= 0.85", n, f"{drop:.0%}", found, holds=drop == 0)
    few = max(runs // 4, 200)
    for n in SIZES:
        found = mean_score(n, 5 / 6.2, few)
        row("score >= its true mean, skewed", n, "0%", found, holds=True)
        row("score > its true mean, skewed", n, "0%", found, holds=False)
    for ignore, groups in product((False, True), (5, 10, 40)):
        found = clustered(groups, 20, RATE, few, ignore=ignore)
        name = f"s >= 0.85, {groups} groups of 20" + (", ignored" if ignore else "")
        row(name, groups * 20, "0%", found, holds=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=4000)
    runs = parser.parse_args().runs
    heads = ("false PASS", "false FAIL", "right", "undecided")
    print(f"{'rule':<34}{'n':>6}{'drop':>8}  " + "  ".join(f"{head:>10}" for head in heads))
    compared(runs)
    absolute(runs)


if __name__ == "__main__":
    main()
