"""The command line as a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

MAIN = (sys.executable, "-m", "llmops_magics.cli.main")


@pytest.fixture
def llmops(folder):
    """``llmops(*words)`` runs the command in the test's folder and returns the ended process."""

    def run(*words, **options):
        return subprocess.run(
            [*MAIN, *map(str, words)],
            cwd=options.pop("cwd", folder),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def refused(llmops):
    """``refused(*words)`` runs a command that must end with code 2; returns its one line."""

    def run(*words):
        done = llmops(*words)
        assert done.returncode == 2, done
        assert done.stdout == ""
        assert done.stderr.startswith("llmops: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    return run
