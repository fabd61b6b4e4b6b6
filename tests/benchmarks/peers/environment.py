"""Each peer's own environment, made of the pins at the head of its script, and kept.

The head is inline script metadata (PEP 723); ``tool.npm`` lists what comes from npm. A peer that
cannot be installed is not an exception but a reason, since it is reported beside the others.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INSTALL_TIMEOUT_S = 1200
HEAD = re.compile(r"^# /// script$(.*?)^# ///$", re.MULTILINE | re.DOTALL)
# Nothing is to leave this machine, nor ask for a newer version, nor wait for a person.
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "CI": "1",
    "DEEPEVAL_NO_INSPECT_PROMPT": "1",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "DEEPEVAL_UPDATE_WARNING_OPT_IN": "0",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "NO_COLOR": "1",
    "PHOENIX_TELEMETRY_ENABLED": "false",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "RAGAS_DO_NOT_TRACK": "true",
}


class PeerFailedError(Exception):
    """A peer that could not be installed or did not do the work; the text is the reason."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a peer is installed."""

    python: str
    folder: Path
    pins: tuple[str, ...]


def pins(script: Path) -> tuple[list[str], list[str]]:
    """Return what a script wants of PyPI and of npm."""
    head = HEAD.search(script.read_text(encoding="utf-8"))
    lines = (head.group(1) if head else "").splitlines()
    found: dict[str, Any] = tomllib.loads(
        "\n".join(line.removeprefix("#").strip() for line in lines)
    )
    npm = found.get("tool", {}).get("npm", {}).get("dependencies", [])
    return found.get("dependencies", []), npm


def build(script: Path, root: Path) -> Environment:
    """Install a peer, unless there is an environment of its pins; equal pins share one."""
    python_pins, npm_pins = pins(script)
    wanted = "\n".join(python_pins + npm_pins)
    folder = root / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    python, stamp = folder / "bin" / "python", folder / "pins.txt"
    if not stamp.exists():  # written last, so what was interrupted is made anew
        _install([sys.executable, "-m", "venv", "--clear", str(folder)])
        if python_pins:
            _install([str(python), "-m", "pip", "install", "--quiet", *python_pins])
        if npm_pins:
            options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error"]
            _install(["npm", "install", *options, *npm_pins])
        stamp.write_text(wanted, encoding="utf-8")
    return Environment(python=str(python), folder=folder, pins=(*python_pins, *npm_pins))


def _install(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerFailedError(f"not installed: {error}") from error
    if done.returncode:
        raise PeerFailedError(f"not installed: {last_line(done.stderr or done.stdout)}")


def last_line(text: str) -> str:
    """Return the last line that says something, short enough for a table."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error", line, re.IGNORECASE)]
    return ((errors or lines or ["no output"])[-1])[:200]


def variables(base_url: str, home: Path, environment: Environment) -> dict[str, str]:
    """Return all environment variables that a peer runs with: nothing of this user's own."""
    return QUIET | {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": base_url,
        "PATH": os.environ["PATH"],
        "PEER_ENVIRONMENT": str(environment.folder),
        "TMPDIR": str(home),
    }
