"""Lets the tests of the widgets import the records of the views' and reviews' tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.storage.store import Store

_TESTS = Path(__file__).parents[1]
sys.path += [str(_TESTS / each) for each in ("views", "evals", "widgets")]


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield opened
    opened.close()
