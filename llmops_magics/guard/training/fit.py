"""Fit the linear model, calibrate it and choose its threshold on sources that were held out.

The steps: columns of every text; passages of the harmless long texts as harmless texts of their
own; a first fit, which says what passages of the attacks are the attack (Andrews et al. 2002: a
bag with at least one); a second fit with those. The same is done with each group of sources left
out, and the scores of what was left out give the calibration and the threshold: a score on a text
of a source that the model has seen says nothing about the next source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detectors.injection.feature import BUCKETS
from llmops_magics.guard.detectors.injection.model import (
    BLOCKS,
    Features,
    Weights,
    features,
    width,
)
from llmops_magics.guard.detectors.injection.passage import passages
from llmops_magics.guard.disguise import views
from llmops_magics.guard.training.carrier import hidden
from llmops_magics.guard.training.edge import HeldOut, Scores, above_lines, edge_lines
from llmops_magics.guard.training.example import Example, examples
from llmops_magics.guard.training.payload import without_payload

FOLDS: Final = 8

_INVERSE_REGULARISATION: Final = 2.0
_PASSAGE_WEIGHT: Final = 0.3
_HIDDEN_WEIGHT: Final = 0.5
_HIDDEN_SHARE: Final = 0.6  # of the number of templates
_SHORT: Final = 400  # characters
# Attacks with a lower score than this, by a model that knows only our templates and harmless
# texts, are ordinary requests: attacks by where they stood, which the text alone does not show.
_ORDINARY: Final = (-2.0, -3.0)  # of a short text, of a long one
_EVERY: Final = 3  # of so many harmless passages one is learned from: they overlap anyway
_BYTE: Final = 127

Progress: TypeAlias = Callable[[str, int, int], None]


def train(
    rows: Sequence[Example],
    *,
    seed: int = 1,
    made: int = 10_000,
    target_fpr: float = 0.016,
    on_progress: Progress | None = None,
) -> Weights:
    """Return the weights for these labelled texts and ``made`` texts of each kind of template.

    Deterministic for the same rows, in the same order, and the same seed. ``DetectorError`` where
    scikit-learn is missing, or where the rows do not have both labels.
    """
    _check(rows)
    bench = Bench(rows, seed=seed, made=made)
    held = bench.held_out(on_progress)
    final = bench.fit(np.full(len(rows), True))
    lines = edge_lines(held, target_fpr)
    above = above_lines(held, lines)
    slope, offset = _calibration(above, held.is_attack)
    edge = float(np.quantile(above[~held.is_attack], 1 - target_fpr))
    weights, scales = _bytes(final.coef_[0])
    return Weights(
        weights=weights,
        scales=scales,
        intercept=round(float(final.intercept_[0]), 6),
        whole=lines[0],
        passage=lines[1],
        slope=round(slope, 6),
        offset=round(offset, 6),
        threshold=round(float(1 / (1 + np.exp(-(slope * edge + offset)))), 6),
        target_fpr=target_fpr,
    )


class Bench:
    """The columns of all texts, from which models for parts of the sources are fitted."""

    def __init__(
        self,
        rows: Sequence[Example],
        *,
        seed: int = 1,
        made: int = 10_000,
        fold: NDArray[np.int64] | None = None,
    ) -> None:
        self.rows = without_payload(rows)
        self.seed = seed
        self.is_attack = np.array([row.is_attack for row in rows])
        self.fold = folds(rows) if fold is None else fold
        attacks = examples("attack", made, seed)
        self.templates = [*attacks, *examples("benign", made, seed)]
        self._text = _matrix([row.text for row in self.rows])
        self._template = _matrix([row.text for row in self.templates])
        self._is_short = np.array([len(row.text) < _SHORT for row in self.rows])
        self.owner, self._passage = _passage_matrix(self.rows)
        self._hidden, self._hidden_fold = self._carried(attacks, made)

    def _carried(self, attacks: Sequence[Example], made: int) -> tuple[Any, NDArray[np.int64]]:
        """Return attacks in carriers, and the fold of each carrier, ``FOLDS`` for a template."""
        count = int(made * _HIDDEN_SHARE / FOLDS)
        parts, numbers = [], []
        for fold in range(FOLDS):
            carriers = [
                row
                for row, at in zip(self.rows, self.fold, strict=True)
                if at == fold and not row.is_attack and row.category not in _NO_CARRIER
            ]
            texts = hidden(carriers, attacks, count, self.seed + fold)
            parts += [row.text for row in texts]
            numbers += [fold] * len(texts)
        carriers = [row for row in self.templates if row.category in _DATA and not row.is_attack]
        orders = [row for row in attacks if row.category.startswith(_ORDERS)]
        texts = hidden(carriers, orders, 3 * count, self.seed + FOLDS)
        parts += [row.text for row in texts]
        return _matrix(parts), np.array(numbers + [FOLDS] * len(texts), dtype=np.int64)

    def held_out(self, on_progress: Progress | None = None) -> HeldOut:
        """Return the score of each row by a model that saw no row of its group of sources."""
        whole, passage = np.zeros(len(self.rows)), np.full(len(self.rows), -np.inf)
        for fold in range(FOLDS):
            if on_progress:
                on_progress("held out", fold, FOLDS)
            left = self.fold == fold
            if left.any():
                whole[left], passage[left] = self.scores(self.fit(~left), left)
        return HeldOut(
            whole=whole,
            passage=passage,
            length=np.array([len(row.text) for row in self.rows]),
            is_attack=self.is_attack,
            fold=self.fold,
        )

    def fit(self, chosen: NDArray[np.bool_], templates: NDArray[np.bool_] | None = None) -> Any:
        """Return a scikit-learn model of the chosen rows and of templates (all of them)."""
        kept = np.full(len(self.templates), True) if templates is None else templates
        labels = np.array([row.is_attack for row in self.templates])
        chosen = self._without_ordinary(chosen, kept, labels)
        inside = np.isin(self._hidden_fold, [*np.unique(self.fold[chosen]), FOLDS])
        harmless = chosen[self.owner] & ~self.is_attack[self.owner]
        harmless &= np.arange(len(self.owner)) % _EVERY == 0
        suspect = np.flatnonzero(chosen[self.owner] & self.is_attack[self.owner])
        parts = [
            (self._text[chosen], self.is_attack[chosen], 1.0),
            (self._template[kept], labels[kept], 1.0),
            (self._passage[harmless], np.full(int(harmless.sum()), False), _PASSAGE_WEIGHT),
        ]
        if templates is None:
            hidden_labels = np.full(int(inside.sum()), True)
            parts.append((self._hidden[inside], hidden_labels, _HIDDEN_WEIGHT))
        first = _fitted(parts)
        if len(suspect):
            telling = suspect[first.decision_function(self._passage[suspect]) > 0]
            labels = np.full(len(telling), True)
            parts.append((self._passage[telling], labels, _PASSAGE_WEIGHT))
        return _fitted(parts)

    def _without_ordinary(
        self, chosen: NDArray[np.bool_], kept: NDArray[np.bool_], labels: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return the chosen rows without the attacks that read like ordinary requests."""
        harmless = chosen & ~self.is_attack
        nothing = np.full(int(harmless.sum()), False)
        parts = [(self._template[kept], labels[kept], 1.0), (self._text[harmless], nothing, 1.0)]
        scores = _fitted(parts).decision_function(self._text)
        ordinary = scores < np.where(self._is_short, *_ORDINARY)
        left: NDArray[np.bool_] = chosen & ~(self.is_attack & ordinary)
        return left

    def scores(self, model: Any, chosen: NDArray[np.bool_]) -> tuple[Scores, Scores]:
        """Return the scores of the chosen rows: of each as a whole, and of its worst passage."""
        whole: Scores = model.decision_function(self._text[chosen])
        worst = np.full(len(self.rows), -np.inf)
        inside = np.flatnonzero(chosen[self.owner])
        if len(inside):
            np.maximum.at(worst, self.owner[inside], model.decision_function(self._passage[inside]))
        return whole, worst[chosen]

    def template_scores(self, model: Any, chosen: NDArray[np.bool_]) -> Scores:
        """Return the scores of chosen texts of templates."""
        result: Scores = model.decision_function(self._template[chosen])
        return result


_DATA: Final = frozenset({"tool_result", "table", "email", "near_mail", "near_tool", "near_long"})
_ORDERS: Final = ("agent", "override", "fake_system", "chat_override")
_NO_CARRIER: Final = frozenset({"system_prompt", "role_prompt", "security_doc_quoting_attacks"})


def folds(rows: Sequence[Example]) -> NDArray[np.int64]:
    """Return a fold for each row: sources stay whole, attacks and harmless texts are spread."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        attacks, harmless = counts.get(row.source, (0, 0))
        counts[row.source] = (attacks + row.is_attack, harmless + (not row.is_attack))
    loads = np.zeros((FOLDS, 2))
    chosen = {}
    for source in sorted(counts, key=lambda name: (-sum(counts[name]), name)):
        weight = np.array(counts[source])
        kind = int(weight[0] == 0)
        chosen[source] = int(np.argmin(loads[:, kind]))
        loads[chosen[source]] += weight
    return np.array([chosen[row.source] for row in rows], dtype=np.int64)


def _check(rows: Sequence[Example]) -> None:
    if len({row.is_attack for row in rows}) < 2:
        raise DetectorError(
            "training needs attacks and harmless texts.",
            hint='Each line has a "text" and a "label": "injection" or "benign".',
        )


def _fitted(parts: Sequence[tuple[Any, Any, float]]) -> Any:
    from scipy.sparse import vstack

    weights = np.concatenate([np.full(part[0].shape[0], part[2]) for part in parts])
    model = _classifier(dual=True)
    return model.fit(
        vstack([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        sample_weight=weights,
    )


def _classifier(*, dual: bool) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise DetectorError(
            "scikit-learn is not installed, and training needs it.",
            hint='Install it: pip install "llmops_magics[train]".',
        ) from error
    return LogisticRegression(
        C=_INVERSE_REGULARISATION,
        class_weight="balanced",
        solver="liblinear",
        dual=dual,  # with many columns several times as quick, and the same weights
        tol=0.01,
        random_state=0,
    )


def _calibration(above: Scores, is_attack: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of the logistic curve of held-out scores, both labels alike."""
    model = _classifier(dual=False).fit(above[:, None], is_attack)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _bytes(found: NDArray[np.float64]) -> tuple[NDArray[np.int8], tuple[float, float, float]]:
    edges = (0, BUCKETS, 2 * BUCKETS, width())
    weights = np.zeros(width(), dtype=np.int8)
    scales = []
    for start, end in pairwise(edges):
        scale = max(float(np.abs(found[start:end]).max()), 1e-9) / _BYTE
        weights[start:end] = np.rint(found[start:end] / scale)
        scales.append(round(scale, 9))
    return weights, (scales[0], scales[1], scales[2])


def _passage_matrix(rows: Sequence[Example]) -> tuple[NDArray[np.int64], Any]:
    owner, texts = [], []
    for number, row in enumerate(rows):
        plain = views(row.text)[0].text
        for start, end in passages(plain):
            owner.append(number)
            texts.append(plain[start:end])
    return np.array(owner, dtype=np.int64), _matrix(texts)


def _matrix(texts: Sequence[str]) -> Any:
    """Return texts as a sparse matrix, shape (texts, columns)."""
    from scipy.sparse import csr_matrix

    values, places, ends = [np.empty(0)], [np.empty(0, dtype=np.int64)], [0]
    for text in texts:
        blocks: Features = features(views(text)[0].text)
        for number, block in enumerate(blocks):
            places.append(block + number * BUCKETS)
            values.append(np.full(len(block), BLOCKS[number] / np.sqrt(max(len(block), 1))))
        ends.append(ends[-1] + sum(map(len, blocks)))
    table = (np.concatenate(values), np.concatenate(places), np.array(ends))
    return csr_matrix(table, shape=(len(texts), width()))
