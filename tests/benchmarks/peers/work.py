"""The work that every peer does, the same to the letter, and how a script says that it is done.

A script is run as ``python SCRIPT CASES_FILE CONCURRENCY`` in an empty folder, with the endpoint in
``OPENAI_BASE_URL`` and ``OPENAI_API_KEY``. CASES_FILE is JSONL of ``question`` and ``expected``.
The question is the whole prompt, one user message; the score is whether the answer is exactly what
is expected. The last line a script prints is ``report(scored, right)``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

MODEL = "scripted"
CASES_FILE = sys.argv[1]
CONCURRENCY = int(sys.argv[2])
BASE_URL = os.environ["OPENAI_BASE_URL"]
API_KEY = os.environ["OPENAI_API_KEY"]


def cases() -> list[dict[str, Any]]:
    """Return the cases."""
    with Path(CASES_FILE).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def messages(case: dict[str, Any]) -> list[Any]:
    """Return the prompt of a case."""
    return [{"role": "user", "content": case["question"]}]


def report(scored: int, right: int) -> None:
    """Say how many answers have a score, and how many of them are right."""
    sys.stdout.write("\n" + json.dumps({"scored": scored, "right": right}) + "\n")
    sys.stdout.flush()
