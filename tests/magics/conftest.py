"""A real IPython shell a test, and what one cell showed in it."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

CASES = [
    {"id": "fr", "country": "France", "expected": "Paris"},
    {"id": "pe", "country": "Peru", "expected": "Lima"},
]


@dataclass(frozen=True)
class Shown:
    """What running one cell did."""

    result: Any
    out: str
    err: str
    displayed: list[dict[str, Any]]

    @property
    def value(self):
        return self.result.result

    def kinds(self) -> list[str]:
        """The kinds of our records that were displayed, in order."""
        mimes = [m for data in self.displayed for m in data if m.startswith("application/vnd.llm")]
        return [mime.split(".")[2] for mime in mimes]


class Shell:
    """An IPython shell with a few words to drive it."""

    def __init__(self, ip: InteractiveShell) -> None:
        self.ip = ip

    def run(self, cell: str) -> Shown:
        with capture_output() as captured:
            result = self.ip.run_cell(cell, store_history=True)
        displayed = [dict(output.data) for output in captured.outputs]
        return Shown(result, captured.stdout, captured.stderr, displayed)

    def ok(self, cell: str) -> Shown:
        """Run a cell that must not fail."""
        shown = self.run(cell)
        assert shown.result.success, shown.err + shown.out
        return shown

    def refused(self, cell: str) -> str:
        """Run a cell that must fail with one red line and nothing else; return that line."""
        shown = self.run(cell)
        assert not shown.result.success
        assert shown.err.startswith("UsageError: ")
        assert shown.err.strip().count("\n") == 0
        assert "Traceback" not in shown.out + shown.err
        return shown.err.strip().removeprefix("UsageError: ")

    def complete(self, line: str) -> list[str]:
        with provisionalcompleter():
            return [c.text for c in self.ip.Completer.completions(line, len(line))]


@pytest.fixture
def shell(folder):
    """A fresh shell in an empty folder, with the magics loaded."""
    InteractiveShell.clear_instance()
    ip = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    made = Shell(ip)
    made.ok("%load_ext llmops_magics")
    yield made
    made.run("%unload_ext llmops_magics")
    ip.atexit_operations()
    atexit.unregister(ip.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def capital(shell, endpoint):
    """The shell with the prompt ``geo/capital``, two cases, and an endpoint that says Paris."""
    endpoint("Paris")
    shell.ok("%%prompt geo/capital\nCapital of {{ country }}?")
    shell.ip.push({"cases": [dict(case) for case in CASES]})
    return shell
