"""Fit the weights of ``groundedness`` on labelled answers, and print them.

    python tests/benchmarks/groundedness_fit.py LABELS.jsonl

Rows as in ``groundedness.py`` beside this file. A logistic regression of the label on the faults
of the answer's most doubtful sentence, by maximum likelihood with a small ridge. Each source
counts the same, and each class within it; each has an intercept of its own, so that the weights
say what tells answers of one source apart, not what tells the sources apart. No weight is
negative. The most doubtful sentence depends on the weights: found and fitted in turn until it
stays. The limit is where the worst source loses least against the limit that is best for it
alone. Weights are divided by it. A wrong quantity and a contradiction are each set to at least
``FLAT``, more than the limit: they are too rare in these sets to be fitted, and each refutes
alone. Speaking of oneself is set to at most the limit: only one source shows it, and a personal
word in a sentence that the context holds otherwise should not refute it.
"""

from __future__ import annotations

import json
import sys
from copy import copy
from dataclasses import astuple
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from llmops_magics.evals.scorers.grounding.claim import examine

RIDGE, ROUNDS, FLAT, MOST_PERSONAL = 0.5, 12, 1.1, 1.0
FOLDS = 5
NAMES = ("MISSING", "QUANTITY", "NAME", "CONTRADICTION", "PERSONAL")
FLAT_NAMES = ("QUANTITY", "CONTRADICTION")


class Source:
    """The answers of one source: faults by answer and sentence, and the labels."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        claims = [examine(row["answer"], row["context"]) for row in rows]
        nothing = np.zeros((1, len(NAMES)))
        self.faults = [
            np.array([astuple(c.faults) for c in found]) if found else nothing for found in claims
        ]
        self.supported = np.array([row["label"] == "supported" for row in rows])

        contexts = {text: n for n, text in enumerate(dict.fromkeys(r["context"] for r in rows))}
        self.folds = np.array([contexts[row["context"]] % FOLDS for row in rows])

    def part(self, chosen: np.ndarray) -> Source:
        """Return the source with some of its answers."""
        part = copy(self)
        part.faults = [f for f, is_chosen in zip(self.faults, chosen, strict=True) if is_chosen]
        part.supported, part.folds = self.supported[chosen], self.folds[chosen]
        return part

    def worst(self, weights: np.ndarray) -> np.ndarray:
        """Return the faults of each answer's most doubtful sentence, shape (answers, faults)."""
        return np.array([f[np.argmax(f @ weights)] for f in self.faults])

    def accuracy(self, weights: np.ndarray, limit: float) -> float:
        """Return the balanced accuracy at a limit of doubt."""
        called = self.worst(weights) @ weights <= limit
        return float((called[self.supported].mean() + (~called[~self.supported]).mean()) / 2)


def fit(sources: list[Source]) -> np.ndarray:
    """Return the weights, in units of log odds."""
    weights = np.ones(len(NAMES)) * np.array([5, 1, 1, 1, 1])
    for _ in range(ROUNDS):
        weights = _regress(sources, weights)
    return weights


def choose_limit(sources: list[Source], weights: np.ndarray) -> float:
    """Return the limit with the smallest largest loss of balanced accuracy."""
    limits = np.linspace(0.05, 6, 240)
    table = np.array([[s.accuracy(weights, limit) for s in sources] for limit in limits])
    loss = (table.max(axis=0) - table).max(axis=1)
    best = np.flatnonzero(loss <= loss.min() + 1e-9)
    return float(limits[best[len(best) // 2]])


def _regress(sources: list[Source], weights: np.ndarray) -> np.ndarray:
    faults = np.concatenate([source.worst(weights) for source in sources])
    member = np.concatenate([[k] * len(s.supported) for k, s in enumerate(sources)])
    sign = np.where(np.concatenate([s.supported for s in sources]), 1.0, -1.0)
    share = np.concatenate(
        [500 / np.where(s.supported, s.supported.sum(), (~s.supported).sum()) for s in sources]
    )
    scale = faults.std(axis=0) + 1e-9
    design = np.c_[np.eye(len(sources))[member], -faults / scale]
    ridge = np.r_[np.zeros(len(sources)), np.full(len(NAMES), RIDGE)]

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ beta)
        slope = -share * sign / (1 + np.exp(np.clip(margin, -30, 30)))
        value = (share * np.logaddexp(0, -margin)).sum() + (ridge * beta**2).sum() / 2
        return value, design.T @ slope + ridge * beta

    bounds = [(None, None)] * len(sources) + [(0, None)] * len(NAMES)
    found = minimize(loss, np.ones(design.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x[len(sources) :] / scale


def final(sources: list[Source]) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights as shipped (the limit is 1), and before the floor."""
    weights = fit(sources)
    raw = weights / choose_limit(sources, weights)
    shipped = raw.copy()
    for name in FLAT_NAMES:
        shipped[NAMES.index(name)] = max(FLAT, shipped[NAMES.index(name)])
    shipped[-1] = min(MOST_PERSONAL, shipped[-1])
    return shipped, raw


def cross_validated(sources: list[Source]) -> list[float]:
    """Return each source's balanced accuracy, weights and limit fitted on the other contexts."""
    called = [np.zeros(len(source.faults), dtype=bool) for source in sources]
    for fold in range(FOLDS):
        weights, _ = final([source.part(source.folds != fold) for source in sources])
        for calls, source in zip(called, sources, strict=True):
            held = source.folds == fold
            calls[held] = source.part(held).worst(weights) @ weights <= 1
    return [
        float((calls[s.supported].mean() + (~calls[~s.supported]).mean()) / 2)
        for calls, s in zip(called, sources, strict=True)
    ]


def main(path: Path) -> None:
    """Print the weights of all sources, and of each alone, and what they reach."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    names = sorted({row["source"] for row in rows})
    sources = [Source([row for row in rows if row["source"] == name]) for name in names]
    for label, chosen in {
        "all": sources,
        **{n: [s] for n, s in zip(names, sources, strict=True)},
    }.items():
        shipped, raw = final(chosen)
        print(f"fitted on {label}: {dict(zip(NAMES, shipped.round(2).tolist(), strict=True))}")
        print(f"  before the bounds: {raw.round(2).tolist()}")
        for name, source in zip(names, sources, strict=True):
            print(f"  balanced accuracy on {name}: {source.accuracy(shipped, 1):.3f}")
    found = [f"{value:.3f}" for value in cross_validated(sources)]
    print(f"{FOLDS}-fold by context, fitted on all: {dict(zip(names, found, strict=True))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
