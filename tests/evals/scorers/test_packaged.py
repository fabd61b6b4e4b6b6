"""Scorers of an installed package: a real distribution on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorer import SCORERS, resolve
from llmops_magics.evals.scorers.packaged import packaged_names

SOURCE = """
from llmops_magics import scorer

def polite(output, word="please"):
    return word in output

@scorer(name="shout")
def loud(output):
    return output.isupper()

NUMBER = 3
"""
ENTRIES = """
[llmops_magics.scorers]
polite = {name}_scorers:polite
shout = {name}_scorers:loud
number = {name}_scorers:NUMBER
broken = {name}_scorers_broken:x
absent = {name}_scorers:nothing
contains = {name}_scorers:polite
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(name, version)`` puts a distribution on the path, as pip would."""

    def write(name, version="1.0"):
        folder = tmp_path / name
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(ENTRIES.format(name=name))
        (folder / f"{name}_scorers.py").write_text(SOURCE)
        (folder / f"{name}_scorers_broken.py").write_text("raise SystemExit('no licence')")
        monkeypatch.syspath_prepend(folder)

    yield write
    for module in [m for m in sys.modules if m.endswith(("_scorers", "_scorers_broken"))]:
        del sys.modules[module]


def test_listing_names_imports_nothing(install):
    install("zoo")
    assert {"polite", "shout", "broken"} < set(packaged_names())
    assert "broken" in SCORERS
    assert "polite" in list(SCORERS)
    assert list(SCORERS).count("contains") == 1
    assert "zoo_scorers" not in sys.modules


def test_a_function_and_a_scorer_are_scorers(install, judge):
    install("zoo")
    assert judge("polite", "yes please").value is True
    assert judge("polite(word=kindly)", "yes please").value is False
    assert judge("shout", "AHA").value is True


def test_the_digest_covers_the_version(install):
    install("zoo", "1.0")
    before = SCORERS["polite"].digest
    assert before == SCORERS["polite"].digest
    path = next(p for p in sys.path if p.endswith("zoo"))
    metadata = Path(path, "zoo-1.0.dist-info", "METADATA")
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    assert SCORERS["polite"].digest != before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", r"'broken' of zoo 1.0 cannot be loaded: SystemExit: no licence"),
        ("absent", r"zoo 1.0 cannot be loaded: AttributeError"),
        ("number", r"zoo 1.0 is a int"),
    ],
)
def test_a_broken_package_is_an_error_that_names_it(install, name, message):
    install("zoo")
    with pytest.raises(ScorerError, match=message):
        resolve([name])


def test_two_packages_of_one_scorer_are_refused(install):
    install("zoo")
    install("ark")
    with pytest.raises(ScorerError, match=r"in several packages: ark 1.0, zoo 1.0"):
        resolve(["polite"])


def test_a_package_does_not_replace_a_scorer_of_ours(install):
    install("zoo")
    assert resolve(["contains"])[0].needs == {"expected"}


def test_an_unknown_name_lists_those_of_packages(install):
    install("zoo")
    with pytest.raises(ScorerError, match=r"Did you mean polite"):
        resolve(["polit"])
