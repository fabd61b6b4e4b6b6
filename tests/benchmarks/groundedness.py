"""Balanced accuracy of ``groundedness`` beside simpler ways to tell, on labelled answers.

    python tests/benchmarks/groundedness.py [LABELS.jsonl] [--judge ENDPOINT/MODEL]

Without a path it reads ../shared/data/faithfulness/dev.jsonl, and says so where that is missing.
A row has context, question, answer, label (supported or unsupported) and source. An answer about
which a scorer has nothing to say counts as called supported. The methods:

    constant                   says "supported" of everything
    word overlap, tuned here   share of the answer's words in the context; the limit is the best
                               on the very rows it is tested on, which flatters it
    word overlap, carried over the limit is the best on the other sources
    sentence rule              what ``groundedness`` was before: each sentence has 0.7 of its words
                               in one sentence of the context, no new number, no new denial
    groundedness, carried over weights and limit fitted on the other sources only
    groundedness               as shipped; its weights have seen both public sources
    faithfulness               the LLM judge, with --judge; a failed call counts as "supported"

Intervals: 95%, percentile bootstrap over contexts, since answers to one context are alike. AUC
needs no limit. Below the table: the same by length of the answer.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from groundedness_fit import Source, final
from scipy.stats import rankdata

import llmops_magics
from llmops_magics.evals.scorers.groundedness import THRESHOLD
from llmops_magics.evals.scorers.grounding.claim import examine
from llmops_magics.evals.scorers.grounding.stance import REFUSAL
from llmops_magics.evals.scorers.grounding.word import FUNCTION_WORDS
from llmops_magics.evals.scorers.text import sentences, words

DATA = Path(__file__).parents[3] / "shared/data/faithfulness/dev.jsonl"
RESAMPLES = 1000
LONG_ANSWER = 12  # words
Row = dict[str, str]
Rows = Sequence[Row]


@dataclass(frozen=True)
class Calls:
    """Scores of rows, high is supported, and the least score that is called so."""

    scores: np.ndarray
    limit: float


def constant(rows: Rows, rest: Rows) -> Calls:
    """Call everything supported."""
    return Calls(np.ones(len(rows)), 0.5)


def overlap(row: Row) -> float:
    """Return the share of the answer's words that stand in the context."""
    said = re.findall(r"\w+", row["answer"].lower())
    known = set(re.findall(r"\w+", row["context"].lower()))
    return sum(word in known for word in said) / max(1, len(said))


def overlap_tuned(rows: Rows, rest: Rows) -> Calls:
    """Word overlap with the limit that is best on ``rest``."""
    scores, labels = np.array([overlap(row) for row in rest]), labels_of(rest)
    limits = np.arange(0, 1.01, 0.01)
    best = max(limits, key=lambda limit: balanced_accuracy(labels, scores >= limit))
    return Calls(np.array([overlap(row) for row in rows]), float(best))


def sentence_rule(rows: Rows, rest: Rows) -> Calls:
    """Return the share of sentences that pass the former rule; one that fails is enough."""
    return Calls(np.array([_rule_share(row) for row in rows]), 1.0)


def groundedness(rows: Rows, rest: Rows) -> Calls:
    """Return the scores as shipped."""
    supports = [
        min((claim.support for claim in examine(row["answer"], row["context"])), default=1.0)
        for row in rows
    ]
    return Calls(np.array(supports), THRESHOLD)


def groundedness_carried(rows: Rows, rest: Rows) -> Calls:
    """Return minus the doubt with the weights fitted on ``rest``."""
    names = sorted({row["source"] for row in rest})
    weights, _ = final([Source([row for row in rest if row["source"] == name]) for name in names])
    return Calls(-(Source(list(rows)).worst(weights) @ weights), -1.0)


def judge(model: str) -> Callable[[Rows, Rows], Calls]:
    """Return the method that asks the judge ``faithfulness``; needs a workspace here."""

    def ask(rows: Rows, rest: Rows) -> Calls:
        os.environ["LLMOPS_JUDGE_MODEL"] = model
        workspace = llmops_magics.current_workspace()
        data = [{**row, "id": f"{place}"} for place, row in enumerate(rows)]
        run = workspace.evaluate(_echo, data, ["faithfulness"])
        values = {
            sample.case_id: score.value
            for sample in run.samples
            for score in sample.scores
            if score.scorer == "faithfulness"
        }
        found = [values.get(f"{place}") for place in range(len(rows))]
        return Calls(np.array([1.0 if v is None else float(v) for v in found]), 1.0)

    return ask


def _echo(answer: str) -> str:
    return answer


def labels_of(rows: Rows) -> np.ndarray:
    """Return which rows are supported."""
    return np.array([row["label"] == "supported" for row in rows])


def balanced_accuracy(labels: np.ndarray, called: np.ndarray) -> float:
    """Return the mean of the recalls of both classes; NaN where one is absent."""
    if labels.all() or not labels.any():
        return float("nan")
    return float((called[labels].mean() + (~called[~labels]).mean()) / 2)


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return how often a supported answer scores above an unsupported one; ties count half."""
    ranks, positive = rankdata(scores), int(labels.sum())
    negative = len(labels) - positive
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def interval(labels: np.ndarray, called: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval, drawing whole groups."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    blocks = [np.array(places) for places in members.values()]
    generator = np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([blocks[k] for k in generator.integers(0, len(blocks), len(blocks))])
        values.append(balanced_accuracy(labels[drawn], called[drawn]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def line(name: str, source: str, rows: Rows, calls: Calls) -> str:
    """Return a line of the table."""
    labels, called = labels_of(rows), calls.scores >= calls.limit
    low, high = interval(labels, called, [row["context"] for row in rows])
    return (
        f"{source:<36} {name:<27} {len(rows):>5}  {balanced_accuracy(labels, called):.3f} "
        f"[{low:.3f}, {high:.3f}]  {auc(labels, calls.scores):.3f}"
    )


def main(path: Path, model: str = "") -> None:
    """Print the tables."""
    rows = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    methods: dict[str, Callable[[Rows, Rows], Calls]] = {
        "constant": constant,
        "word overlap, tuned here": lambda own, rest: overlap_tuned(own, own),
        "word overlap, carried over": overlap_tuned,
        "sentence rule": sentence_rule,
        "groundedness, carried over": groundedness_carried,
        "groundedness": groundedness,
        **({"faithfulness": judge(model)} if model else {}),
    }
    print(f"{'source':<36} {'method':<27} {'n':>5}  balanced accuracy      AUC")
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        rest = [row for row in rows if row["source"] != source]
        for name, method in methods.items():
            if rest or "carried" not in name:
                print(line(name, source, own, method(own, rest)), flush=True)
    print("\nby words of the answer")
    for source in sorted({row["source"] for row in rows}):
        for is_long, label in ((False, f"< {LONG_ANSWER}"), (True, f">= {LONG_ANSWER}")):
            own = [
                row
                for row in rows
                if row["source"] == source and (len(words(row["answer"])) >= LONG_ANSWER) == is_long
            ]
            if len({row["label"] for row in own}) == 2:
                for name in ("sentence rule", "groundedness"):
                    print(line(name, f"{source} {label}", own, methods[name](own, [])))


DENIAL = re.compile(r"\b(?:no|not|never|nor|without|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
SUFFIXES = ("ing", "edly", "ed", "ies", "es", "s", "ly", "er", "ion")


def _rule_share(row: Row) -> float:
    known = {word for word in words(row["context"]) if word[0].isdigit()}
    sources = [set(_stems(sentence)) for sentence in sentences(row["context"])]
    denies = DENIAL.search(row["context"]) is not None
    claims = [s for s in sentences(row["answer"]) if _stems(s) and not REFUSAL.match(s)]
    passed = [
        not (DENIAL.search(claim) and not denies)
        and known.issuperset(word for word in words(claim) if word[0].isdigit())
        and max((_cover(_stems(claim), source) for source in sources), default=0) >= 0.7
        for claim in claims
    ]
    return float(np.mean(passed)) if passed else 1.0


def _cover(stems: list[str], source: set[str]) -> float:
    return sum(stem in source for stem in stems) / len(stems)


def _stems(sentence: str) -> list[str]:
    return [_stem(word) for word in words(sentence) if word not in FUNCTION_WORDS]


def _stem(word: str) -> str:
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word.rstrip("e") if len(word) > 4 else word


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", nargs="?", type=Path, default=DATA)
    parser.add_argument("--judge", default="", metavar="ENDPOINT/MODEL")
    given = parser.parse_args()
    if given.labels.exists():
        main(given.labels, given.judge)
    else:
        print(f"There are no labelled answers at {given.labels}: nothing is measured.")
