from __future__ import annotations

import subprocess
import sys

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.contract import Scorer
from llmops_magics.evals.scorers.registry import NAMES, SCORERS, resolve


def test_every_scorer_of_the_package_loads_under_its_name():
    for name, made in SCORERS.items():
        assert isinstance(made, Scorer)
        assert made.name == name
        assert made.digest.startswith("sha256:")
    assert len({made.digest for made in SCORERS.values()}) == len(SCORERS) == len(NAMES) == 30


def test_an_unknown_name_lists_close_and_all_names():
    with pytest.raises(ScorerError, match=r"Did you mean exact_match.*contains, regex") as caught:
        resolve(["exact_mach"])
    assert "'exact_mach'" in caught.value.message


def test_a_function_of_the_notebook_is_found_by_name():
    made = resolve(["polite", "contains"], {"polite": lambda output: "please" in output})
    assert [m.name for m in made] == ["polite", "contains"]


def test_what_cannot_be_called_in_the_namespace_is_passed_over():
    assert resolve(["regex"], {"regex": 3})[0].name == "regex"
    with pytest.raises(ScorerError, match="no scorer 'limit'"):
        resolve(["limit"], {"limit": 3})
    with pytest.raises(ScorerError, match="int is no scorer"):
        resolve([3])


def test_two_scorers_of_one_name_are_refused():
    with pytest.raises(ScorerError, match="twice: contains"):
        resolve(["contains", SCORERS["contains"]])


def test_listing_the_scorers_loads_nothing_heavy():
    program = """
import sys
import llmops_magics.evals.scorer as scorer, llmops_magics.evals.summary
assert len(scorer.SCORERS) == 30 and "contains" in scorer.SCORERS
heavy = {"numpy", "pandas", "jsonschema", "openai", "sqlglot", "sacrebleu"}
heavy |= {"llmops_magics.evals.scorers.contains"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
