"""How high harmless texts of unseen sources score, as a line over the length of the text.

Long texts score higher than short ones, harmless or not. One threshold for all would let the long
harmless texts decide what is missed among the short attacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from llmops_magics.guard.detectors.injection.model import line

_LENGTH_GROUPS: Final = 6
_LEAST_IN_GROUP: Final = 20

Line: TypeAlias = tuple[float, float]
Scores: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The scores of the given texts by models that had not seen their sources.

    ``passage`` is the worst passage's score, minus infinity for a text that has none.
    """

    whole: Scores
    passage: Scores
    length: NDArray[np.int64]
    is_attack: NDArray[np.bool_]
    fold: NDArray[np.int64]


def edge_lines(held: HeldOut, target_fpr: float) -> tuple[Line, Line]:
    """Return what only this share of the harmless texts exceeds, as a line over their length."""
    harmless = ~held.is_attack
    long = harmless & np.isfinite(held.passage)
    return (
        _edge_line(held.whole[harmless], held.length[harmless], target_fpr),
        _edge_line(held.passage[long], held.length[long], target_fpr),
    )


def _edge_line(scores: Scores, length: NDArray[np.int64], target_fpr: float) -> Line:
    """Fit a line, never falling, through the edges of groups of texts of about one length."""
    groups = np.array_split(np.argsort(length, kind="stable"), _LENGTH_GROUPS)
    groups = [group for group in groups if len(group) >= _LEAST_IN_GROUP]
    if len(groups) < 2:
        return (float(np.quantile(scores, 1 - target_fpr)) if len(scores) else 0.0, 0.0)
    edges = [float(np.quantile(scores[group], 1 - target_fpr)) for group in groups]
    places = [line((0.0, 1.0), float(np.median(length[group]))) for group in groups]
    rise, level = np.polyfit(places, edges, 1)
    if rise <= 0:
        return (round(float(np.quantile(scores, 1 - target_fpr)), 6), 0.0)
    return (round(float(level), 6), round(float(rise), 6))


def above_lines(held: HeldOut, lines: tuple[Line, Line]) -> Scores:
    """Return by how much each text is above the line of the whole or of its worst passage."""
    whole = held.whole - line(lines[0], held.length)
    passage = held.passage - line(lines[1], held.length)
    above: Scores = np.maximum(whole, passage)
    return above


def is_reported(held: HeldOut, target_fpr: float) -> NDArray[np.bool_]:
    """Tell which texts are reported at the threshold with this rate on the harmless ones."""
    above = above_lines(held, edge_lines(held, target_fpr))
    reported: NDArray[np.bool_] = above > np.quantile(above[~held.is_attack], 1 - target_fpr)
    return reported
