"""The record of weights that were trained: of what, and at which threshold they report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from llmops_magics.record import Record


@dataclass(frozen=True, kw_only=True)
class TrainedWeights(Record):
    """Weights of the injection detector in a file; ``digest`` is of all that a score depends on.

    ``threshold`` is the probability from which it reports: on sources that were held out, at most
    ``target_fpr`` of the harmless texts reach it.
    """

    kind: ClassVar[str] = "guard-training"

    path: str
    data: str
    texts: int
    attacks: int
    seed: int
    digest: str
    threshold: float
    target_fpr: float


def train_file(
    data: Path,
    output: Path,
    *,
    seed: int,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> TrainedWeights:
    """Train on a JSONL file and write the weights; the same file and seed give the same bytes.

    Raises ``DetectorError`` for a file that cannot be used, and without scikit-learn.
    """
    from llmops_magics.guard.detectors.injection.model import save
    from llmops_magics.guard.training.data import read_examples
    from llmops_magics.guard.training.fit import train

    rows = read_examples(data)
    weights = train(rows, seed=seed, on_progress=on_progress)
    save(weights, output)
    return TrainedWeights(
        path=str(output),
        data=data.name,
        texts=len(rows),
        attacks=sum(row.is_attack for row in rows),
        seed=seed,
        digest=f"sha256:{weights.digest}",
        threshold=weights.threshold,
        target_fpr=weights.target_fpr,
    )
