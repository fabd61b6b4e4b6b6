"""CPU seconds that each detector takes for a megabyte of hostile text; the limit is two.

    python tests/benchmarks/hostile_text.py [--detectors NAME ...] [--characters N]

The texts are those of ``tests/guard/test_hostile_text.py``. A detector prints its slowest ones.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.guard.test_hostile_text import DETECTORS, LETTERS, repeated, scan, seconds

SHOWN = 3


def main() -> None:
    """Print a line a detector."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detectors", nargs="+", default=DETECTORS)
    parser.add_argument("--characters", type=int, default=1_000_000)
    chosen = parser.parse_args()
    for name in chosen.detectors:
        scan(name, "warm")
        taken = {
            letters: seconds(scan, name, repeated(unit, chosen.characters))
            for letters, unit in LETTERS.items()
        }
        slowest = sorted(taken, key=lambda letters: -taken[letters])[:SHOWN]
        print(f"{name:14}", ", ".join(f"{letters} {taken[letters]:.2f} s" for letters in slowest))


if __name__ == "__main__":
    main()
