"""The linear model: a weight for each column of a text, and what its score means.

The file of weights is NumPy's own format, read without pickle; its digest is part of the
detector's version. A weight is one signed byte times the scale of its block.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detectors.injection.concept import concept_columns, concept_width
from llmops_magics.guard.detectors.injection.feature import BUCKETS, Columns, columns

FORMAT: Final = "1"  # of the columns and of the file: weights of another format do not fit
# How much the blocks count: n-grams of characters, of words, and ideas.
BLOCKS: Final = (0.7, 0.7, 1.4)
_SHIPPED: Final = "weights.npz"
_NUMBERS: Final = 12
_SHORTEST: Final = 60  # characters: the lines go on level below and above
_LONGEST: Final = 4000
_LARGEST_BYTES: Final = 20_000_000

Features: TypeAlias = tuple[Columns, Columns, Columns]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What training found.

    ``weights`` are bytes of three blocks (characters, words, ideas) with a ``scales`` entry each.
    ``slope`` and ``offset`` turn a score into a probability (Platt 1999); ``threshold`` is the
    probability above which a text is reported: the one with the false-positive rate ``target_fpr``
    on sources that the model had not seen. Long harmless texts score higher than short ones, so a
    score is read against a line over the length of the text (``whole``, and ``passage`` for its
    worst passage): a value at 100 characters, and the rise for ten times the length.
    """

    weights: NDArray[np.int8]
    scales: tuple[float, float, float]
    intercept: float
    whole: tuple[float, float]
    passage: tuple[float, float]
    slope: float
    offset: float
    threshold: float
    target_fpr: float

    def score(self, features: Features) -> float:
        """Return the log odds before calibration."""
        total = self.intercept
        for number, block in enumerate(features):
            if len(block):
                step = BLOCKS[number] * self.scales[number] / np.sqrt(len(block))
                found = self.weights[block + number * BUCKETS]
                total += float(found.sum(dtype=np.int64)) * float(step)
        return total

    def probability(self, score: float) -> float:
        """Return a score as a probability between 0 and 1."""
        exponent = min(max(self.slope * score + self.offset, -30.0), 30.0)
        return float(1 / (1 + np.exp(-exponent)))

    def above(self, score: float, length: int, *, is_passage: bool = False) -> float:
        """Return by how much a score is above what harmless texts of this length reach."""
        return score - float(line(self.passage if is_passage else self.whole, length))

    @property
    def numbers(self) -> tuple[float, ...]:
        """All but the weights, in the order in which the file has them."""
        calibration = (self.slope, self.offset, self.threshold, self.target_fpr)
        return (*self.scales, self.intercept, *self.whole, *self.passage, *calibration)

    @property
    def digest(self) -> str:
        """SHA-256 of all that a score depends on."""
        body = np.array(self.numbers[:-1], dtype="<f8").tobytes() + self.weights.tobytes()
        return hashlib.sha256(FORMAT.encode() + body).hexdigest()


def line(values: tuple[float, float], length: Any) -> Any:
    """Return a line over the decimal logarithm of a length, or of an array of lengths."""
    return values[0] + values[1] * np.log10(np.clip(length, _SHORTEST, _LONGEST) / 100)


def features(plain: str) -> Features:
    """Return the columns of a folded text, by block."""
    characters, words = columns(plain)
    return characters, words, concept_columns(plain.lower().replace("\u2019", "'"))


def width() -> int:
    """Return how many columns there are in all three blocks."""
    return 2 * BUCKETS + concept_width()


def shipped() -> Weights:
    """Return the weights that come with the package."""
    path = files("llmops_magics.guard.detectors.injection").joinpath(_SHIPPED)
    return _read(path.read_bytes(), _SHIPPED)


def load(path: Path) -> Weights:
    """Read a file that ``save`` wrote; ``DetectorError`` for any other."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DetectorError(f"{path} is too large for a file of weights.")
        return _read(path.read_bytes(), str(path))
    except OSError as error:
        raise DetectorError(
            f"the weights {path} cannot be read: {error.strerror}.",
            hint="`llmops guard train DATA.jsonl -o FILE` writes them.",
        ) from error


def save(weights: Weights, path: Path) -> None:
    """Write weights; the same weights give the same bytes."""
    body = io.BytesIO()
    np.savez_compressed(
        body,
        format=np.array(FORMAT),
        weights=weights.weights,
        numbers=np.array(weights.numbers, dtype="<f8"),
    )
    path.write_bytes(body.getvalue())


def _check_unpacked(body: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > _LARGEST_BYTES:
            raise ValueError("it unpacks to more than weights are")


def _read(body: bytes, name: str) -> Weights:
    try:
        _check_unpacked(body)
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            written, weights, numbers = stored["format"], stored["weights"], stored["numbers"]
    except Exception as error:  # a damaged archive fails in many ways; NumPy's words are no advice
        raise DetectorError(
            f"{name} is no file of weights ({type(error).__name__}).",
            hint="`llmops guard train DATA.jsonl -o FILE` writes one.",
        ) from error
    fits = weights.dtype == np.int8 and weights.shape == (width(),) and numbers.shape == (_NUMBERS,)
    if str(written) != FORMAT or not fits or not np.isfinite(numbers).all():
        raise DetectorError(
            f"the weights {name} were made for other columns than this version has.",
            hint="Train them again: `llmops guard train DATA.jsonl -o FILE`.",
        )
    first, second, third, intercept, *lines = map(float, numbers[:8])
    slope, offset, threshold, target = map(float, numbers[8:])
    return Weights(
        weights=weights,
        scales=(first, second, third),
        intercept=intercept,
        whole=(lines[0], lines[1]),
        passage=(lines[2], lines[3]),
        slope=slope,
        offset=offset,
        threshold=threshold,
        target_fpr=target,
    )
