"""Write weights: ``python -m llmops_magics.guard.training DATA.jsonl -o weights.npz``."""

from __future__ import annotations

import argparse
from pathlib import Path

from llmops_magics.guard.detectors.injection.model import save
from llmops_magics.guard.training.data import read_examples
from llmops_magics.guard.training.fit import train


def main() -> None:
    """Train on a file and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="labelled texts, one JSON object a line")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where the weights go")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    weights = train(read_examples(chosen.data), seed=chosen.seed)
    save(weights, chosen.output)
    print(  # noqa: T201 -- a command
        f"{chosen.output}: {weights.digest[:12]}, threshold {weights.threshold:.3f}"
    )


if __name__ == "__main__":
    main()
