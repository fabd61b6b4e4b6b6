"""Credentials that the detector finds, by who issued them, and false alarms on ordinary texts.

    python tests/benchmarks/secret_scan.py [--benign TEXTS.jsonl]

The credentials are made here, by the published shape of each issuer and from a fixed seed: none is
real, and recall on them says that a shape is known, not how often it is met. Decoys are digests,
identifiers, CSS classes, names of variables and placeholders. With --benign the texts labelled
benign in a file such as ../shared/data/guard/train.jsonl are read too.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from llmops_magics.guard.detector import Context
from llmops_magics.guard.registry import detector

SPECS = ("secrets:patterns", "secrets")
EACH = 20
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"
SHAPES: dict[str, Callable[[Callable[[str, int], str]], str]] = {
    "Anthropic": lambda of: f"sk-ant-api03-{of(WORD + '_-', 93)}AA",
    "OpenAI": lambda of: f"sk-proj-{of(WORD, 74)}T3BlbkFJ{of(WORD, 74)}",
    "Hugging Face": lambda of: f"hf_{of(string.ascii_letters, 34)}",
    "Google": lambda of: f"AIza{of(WORD, 35)}",
    "AWS key": lambda of: f"AKIA{of(UPPER, 16)}",
    "AWS secret": lambda of: f"AWS_SECRET_ACCESS_KEY={of(WORD + '/+', 40)}",
    "GitHub": lambda of: f"ghp_{of(WORD, 36)}",
    "GitLab": lambda of: f"glpat-{of(WORD, 20)}",
    "Slack": lambda of: f"xoxb-{of('123456789', 12)}-{of('123456789', 13)}-{of(WORD, 24)}",
    "Stripe": lambda of: f"sk_live_{of(WORD, 24)}",
    "Databricks": lambda of: f"dapi{of(HEX, 32)}",
    "Groq": lambda of: f"gsk_{of(WORD, 52)}",
    "npm": lambda of: f"npm_{of(WORD, 36)}",
    "SendGrid": lambda of: f"SG.{of(WORD, 22)}.{of(WORD, 43)}",
    "Shopify": lambda of: f"shpat_{of(HEX, 32)}",
    "DigitalOcean": lambda of: f"dop_v1_{of(HEX, 64)}",
    "Telegram": lambda of: f"TELEGRAM_TOKEN={of('123456789', 10)}:AA{of(WORD, 33)}",
    "Mailgun": lambda of: f"MAILGUN_API_KEY=key-{of(HEX, 32)}",
    "URL": lambda of: f"postgresql://app:{of(WORD, 16)}@db.example.com/app",
    "private key": lambda of: f"-----BEGIN PRIVATE KEY-----\n{of(WORD, 200)}",
}
DECOYS: tuple[Callable[[Callable[[str, int], str]], str], ...] = (
    lambda of: f"sha256:{of(HEX, 64)}",
    lambda of: f"commit {of(HEX, 40)}",
    lambda of: str(uuid.UUID(of(HEX, 32))),
    lambda of: f"sk-{of(string.ascii_lowercase, 8)}-{of(string.ascii_lowercase, 14)}",
    lambda of: f"api_key = os.environ['{of(string.ascii_uppercase, 12)}']",
    lambda of: f"password: <your-{of(string.ascii_lowercase, 10)}>",
    lambda of: f"https://example.com/{of(WORD, 30)}?page={of('123456789', 4)}",
)


def drawer(seed: int) -> Callable[[str, int], str]:
    """Return what draws characters from an alphabet, the same ones for the same seed."""
    source = random.Random(seed)
    return lambda alphabet, count: "".join(source.choices(alphabet, k=count))


def caught(spec: str, texts: Sequence[str]) -> int:
    """Return how many texts have a finding."""
    opened = detector(spec)
    return sum(bool(opened.scan(text, Context())) for text in texts)


def benign_texts(path: Path) -> list[str]:
    """Return the benign texts of a file, 500 characters of each."""
    rows = map(json.loads, path.read_text("utf-8").rstrip("\n").split("\n"))
    return [row["text"][:500] for row in rows if row["label"] == "benign"]


def main() -> None:
    """Print a line for each issuer, then false alarms and speed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--benign", type=Path)
    options = parser.parse_args()
    draw = drawer(7)
    print(f"{'found of ' + str(EACH):20}" + "".join(f"{spec:>20}" for spec in SPECS))
    for issuer, shape in SHAPES.items():
        texts = [f'the value is "{shape(draw)}" here' for _ in range(EACH)]
        print(f"{issuer:20}" + "".join(f"{caught(spec, texts):20}" for spec in SPECS))
    decoys = [f"the value is {decoy(draw)} here" for decoy in DECOYS for _ in range(EACH)]
    print(f"{f'decoys of {len(decoys)}':20}" + "".join(f"{caught(s, decoys):20}" for s in SPECS))
    texts = benign_texts(options.benign) if options.benign else ["An ordinary text. " * 28] * 2000
    for spec in SPECS:
        started = time.process_time()
        alarms = caught(spec, texts)
        rate = len(texts) / (time.process_time() - started)
        version = detector(spec).version
        print(f"{spec}: {alarms} of {len(texts)} benign, {rate:.0f} texts/s ({version})")


if __name__ == "__main__":
    main()
