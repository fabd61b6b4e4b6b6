"""What a gate stands on, with a shelf of indexes that can move."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.run import EvalRun
from llmops_magics.workbench.grounds import grounds_of


class Shelf:
    def __init__(self, **fingerprints):
        self.fingerprints = fingerprints

    def manifest(self, corpus):
        if corpus not in self.fingerprints:
            raise RetrievalError("there is none.")
        return SimpleNamespace(fingerprint=self.fingerprints[corpus])

    def list(self):
        return SimpleNamespace(indexes=[self.manifest(name) for name in self.fingerprints])


@pytest.fixture
def run():
    return EvalRun.__new__(EvalRun)


def test_a_run_whose_index_is_in_use_has_nothing_against_it(run):
    grounds = grounds_of(run, "", (), Shelf(docs="f1"), "f1")
    assert (grounds.run, grounds.index_fingerprint, grounds.further) == (run, "f1", ())
    assert grounds_of(run, "", (), Shelf(), "").further == ()


@pytest.mark.parametrize("shelf", [Shelf(docs="f2"), Shelf()])
def test_an_index_that_moved_since_decides_nothing(run, shelf):
    (result,) = grounds_of(run, "", (), shelf, "f1").further
    assert result.verdict == "INCONCLUSIVE"
    assert "built again, reverted or dropped" in result.reason


def test_a_run_has_no_retriever(run):
    with pytest.raises(UsageError, match="no retriever"):
        grounds_of(run, "hybrid", (), Shelf(), "")
