"""A whole notebook, checked and not executed."""

from __future__ import annotations

import shutil
import subprocess

import nbformat
import pytest

from llmops_magics.notebook import gold_notebooks
from llmops_magics.release.lint.check import lint_notebook

PARAMETERS = "n = 1  # type: int; how many"
GATE = "import llmops_magics\nllmops_magics.gate(n, rules=['errors == 0'])"


@pytest.fixture
def lint(tmp_path):
    """``lint(*cells)`` writes a notebook with a parameters cell and returns its findings."""

    def run(*cells, parameters=PARAMETERS):
        first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        made = [c if isinstance(c, dict) else nbformat.v4.new_code_cell(c) for c in cells]
        path = tmp_path / "own.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[first, *made]), path)
        return lint_notebook(path)

    return run


def rules(found):
    return [(f.rule, f.cell, f.line) for f in found.findings]


def test_every_gold_notebook_is_clean():
    names = gold_notebooks()
    assert {"cost_gate", "drift_sentinel", "release_gate", "retrieval_gate", "security_gate"} <= (
        names.keys()
    )
    assert {name: lint_notebook(path).findings for name, path in names.items()} == dict.fromkeys(
        names, ()
    )


def test_a_clean_one_is_zero_and_an_error_is_one(lint):
    assert (lint(GATE).findings, lint(GATE).exit_code) == ((), 0)
    found = lint("open('/home/ann/cases.csv')", GATE)
    assert (rules(found), found.exit_code) == ([("absolute-path", 2, 1)], 1)


@pytest.mark.parametrize("cells", [(), (GATE, GATE)])
def test_one_gate_call_and_no_other_number(lint, cells):
    assert [f.rule for f in lint(*cells).findings] == ["gate-call"]


@pytest.mark.parametrize(
    "line",
    ["x = 'C:\\\\data'", "x = '~/data.csv'", "x = 'file:///srv/x'", "%run /tmp/x.py"],
)
def test_places_of_one_machine(lint, line):
    assert ("absolute-path", 2, 1) in rules(lint(line, GATE))


@pytest.mark.parametrize("line", ["x = 'https://a.b/home/c'", "# /tmp/x", "x = 'data/x.csv'"])
def test_places_of_any_machine(lint, line):
    assert lint(line, GATE).findings == ()


def test_a_secret_is_found_and_not_shown(lint):
    key = "sk-ant-api03-" + "Ab3" * 31 + "AA"
    found = lint(f"x = 1\nkey = '{key}'", GATE)
    assert rules(found) == [("secret", 2, 2)]
    assert key not in str(found.to_dict())


def test_what_a_gate_refuses_is_named(lint):
    skipped = nbformat.v4.new_code_cell("1", metadata={"tags": ["skip-execution"]})
    assert rules(lint(skipped, GATE)) == [("tag", 2, None)]
    assert rules(lint("x = = 1", GATE)) == [("syntax", 2, 1)]


def test_an_undescribed_parameter_is_a_warning(lint):
    found = lint(GATE, parameters="n = 1\nm = 2  # type: int; what it is")
    assert (rules(found), found.exit_code) == ([("parameter", 1, 1)], 0)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_outputs_that_git_keeps(lint, tmp_path):
    output = nbformat.v4.new_output("stream", text="Ann Smith")
    shown = nbformat.v4.new_code_cell("print(1)", outputs=[output])
    assert lint(shown, GATE).findings == ()
    for words in (["init", "-q"], ["add", "own.ipynb"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    assert rules(lint(shown, GATE)) == [("outputs-in-git", 2, None)]


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"cells": 1}', "[" * 100_000, "", '{"cells": [], "nbformat": 4}', "\x00"],
)
def test_what_is_no_notebook_has_that_as_its_finding(tmp_path, content):
    path = tmp_path / "own.ipynb"
    path.write_text(content)
    found = lint_notebook(path)
    assert ([f.rule for f in found.findings][:1], found.exit_code) in (
        (["refused"], 1),
        (["gate-call"], 1),
    )


@pytest.mark.parametrize(
    "source", ["(" * 20_000 + ")" * 20_000, "-" * 50_000 + "1", "\x00", "x" * 10**6]
)
def test_hostile_cells_end_with_a_finding(lint, source):
    assert lint(source, GATE).exit_code == 1
