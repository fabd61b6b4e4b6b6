"""``llmops review``, as the command line runs it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "evals"))
from reviewed import RUN_ID, samples_of, store_run

from llmops_magics.cli import review
from llmops_magics.errors import UsageError
from llmops_magics.workspace import current_workspace


@pytest.fixture
def run_review(folder):
    """``run_review(*words)`` parses and runs the command on a run of five failing samples."""
    store_run(current_workspace().store, samples_of(15))
    parser = argparse.ArgumentParser()
    review.add_to(parser.add_subparsers())

    def run(*words):
        args = parser.parse_args(["review", *words])
        return args.run(args)

    return run


def test_text_and_json(run_review, capsys):
    assert run_review(RUN_ID) == 0
    assert "0 of 5 samples reviewed, 0 skipped, 5 open" in capsys.readouterr().out
    assert run_review(RUN_ID, "--slice", "refund", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["kind"], body["scope"], body["selected"]) == ("review", "slice refund", 5)


def test_a_run_that_is_not_there(run_review):
    with pytest.raises(UsageError, match="there is no eval run 'run-1'"):
        run_review("run-1")
