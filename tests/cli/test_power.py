"""``llmops power``, as the command line runs it."""

from __future__ import annotations

import argparse
import json

import pytest

from llmops_magics.cli import power
from llmops_magics.errors import UsageError
from llmops_magics.record import VIEWS, View
from llmops_magics.views.power import power_html, power_text


@pytest.fixture
def run_power(folder, monkeypatch):
    """``run_power(*words)`` parses and runs the command; returns the exit code."""
    monkeypatch.setitem(VIEWS, "power", View(html=power_html, text=power_text))
    parser = argparse.ArgumentParser()
    power.add_to(parser.add_subparsers())

    def run(*words):
        args = parser.parse_args(["power", *words])
        return args.run(args)

    return run


def test_text_and_json(run_power, capsys):
    assert run_power("--discordance", "0.1", "--difference", "0.05") == 0
    assert "314" in capsys.readouterr().out
    assert run_power("--sd", "0.2", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["kind"], body["scores"][0]["spread"]) == ("power", 0.2)


def test_a_run_that_is_not_there(run_power):
    with pytest.raises(UsageError, match="there is no eval run 'run-1'"):
        run_power("--run", "run-1")
