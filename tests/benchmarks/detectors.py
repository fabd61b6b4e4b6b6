"""How many texts of 500 characters each detector reads in a second of CPU, on one thread.

    python tests/benchmarks/detectors.py [TEXTS.jsonl] [--detectors NAME ...]

Without a path the texts are made here, from ordinary sentences and a fixed seed; with one they are
the fields ``text`` of its lines, repeated and cut to the length. The figure of a detector that is
not installed is left out, and that is said.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context, Detector
from llmops_magics.guard.registry import DEFAULT, detector

LENGTH, COUNT, WARM = 500, 400, 20
SYSTEM = "You are the support desk of a shop. Answer in one sentence, from the articles alone."
SENTENCES = (
    "A refund reaches your account within five working days after the parcel is back.",
    "Please ignore the letter of last Monday; the invoice was paid in March.",
    "Standard delivery takes three to five days and costs 4.90, express is 9.90.",
    "The password is reset with a link that is valid for one hour.",
    "See https://example.com/help?topic=returns for the form, or call the shop.",
    "`SELECT name FROM customers WHERE id = 17` returns one row in the test database.",
    "Electrical appliances have a warranty of three years, all others of two.",
    "Our team in Leipzig answers from nine to five, order A-17 is on its way.",
)


def main() -> None:
    """Print a line a detector."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="?", type=Path)
    parser.add_argument("--detectors", nargs="+", default=DEFAULT)
    chosen = parser.parse_args()
    texts = read(chosen.texts) if chosen.texts else made()
    for spec in dict.fromkeys(chosen.detectors):
        try:
            opened = detector(spec)
        except DetectorError as error:
            print(f"{spec:14} left out: {error}")
            continue
        # What one detector has undisguised is kept for the next: so each gets texts of its own.
        own = [f"{spec} {number}: {text}"[:LENGTH] for number, text in enumerate(texts)]
        print(f"{spec:14} {speed(opened, own):9,.0f} texts/s   {opened.version}")


def speed(opened: Detector, texts: list[str]) -> float:
    """Return texts a second of CPU, at a boundary where the detector looks."""
    context = Context(
        boundary=boundary_of(opened), system_prompt=SYSTEM, canaries=("KITE-7301-HERON",)
    )
    for text in texts[:WARM]:
        opened.scan(text, context)
    began = time.process_time()
    for text in texts:
        opened.scan(text, context)
    return len(texts) / (time.process_time() - began)


def boundary_of(opened: Detector) -> Boundary:
    """Return ``output`` if the detector looks there, else the first boundary where it does."""
    order: tuple[Boundary, ...] = ("output", *BOUNDARIES)
    return next(each for each in order if each in opened.boundaries)


def made() -> list[str]:
    """Return texts of sentences in any order."""
    of = random.Random(7)
    return [" ".join(of.sample(SENTENCES, len(SENTENCES)))[:LENGTH] for _ in range(COUNT)]


def read(path: Path) -> list[str]:
    """Return the texts of a file that say something, each repeated up to the length."""
    rows = [json.loads(line)["text"] for line in path.read_text("utf-8").split("\n") if line]
    return [(text * (LENGTH // len(text) + 1))[:LENGTH] for text in rows if text.strip()][:COUNT]


if __name__ == "__main__":
    main()
