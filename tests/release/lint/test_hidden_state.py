"""Names that are used before they are there."""

from __future__ import annotations

import nbformat
import pytest

from llmops_magics.release.lint.code import code_cells
from llmops_magics.release.lint.hidden_state import find_disorder, find_hidden_state


def found(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return [(f.cell, f.line, f.message) for f in find_hidden_state(code_cells(notebook))]


@pytest.mark.parametrize(
    "cells",
    [
        ("x = 1", "print(x)"),
        ("import os.path as p", "p.join('a')"),
        ("for i in range(3):\n    total = i", "total, i"),
        ("def f(a, *b, **c):\n    return g(a, b, c)", "def g(*_): return 1", "f(1)"),
        ("[x for x in range(3) if x]", "{k: v for k, v in {}.items()}"),
        ("run = %llm_eval a --data cases", "run"),
        ("%%time\nx = 1", "x"),
        ("with open('f') as file:\n    text = file.read()", "text"),
        ("try:\n    import a\nexcept ImportError as error:\n    print(error)",),
        ("class A:\n    b = 1\n    def f(self):\n        return self.b, A", "A().f()"),
        ("(n := 3)", "n"),
        ("display(1)\nget_ipython()\n_",),
        ("from os import *", "join('a')"),
        ("x: int = 1", "x += 1"),
        ("lambda y: y",),
    ],
)
def test_what_runs_from_the_top_is_no_hidden_state(cells):
    assert found(*cells) == []


@pytest.mark.parametrize(
    "case",
    [
        (("a = 1\nprint(late)", "late = 1"), (1, 2, "'late' is used before it is there: cell 2")),
        (("print(gone)",), (1, 1, "'gone' is used before it is there: no cell")),
        (("n = n + 1",), (1, 1, "'n' is used")),
        (("def f():\n    return never",), (1, 2, "'never' is used before it is there: no cell")),
        (("[late for _ in range(2)]", "late = 1"), (1, 1, "'late'")),
        (("%%time\nprint(late)", "late = 2"), (1, 2, "'late'")),
        (("class A:\n    b = late", "late = 1"), (1, 2, "'late'")),
    ],
)
def test_a_name_of_a_later_cell_or_of_none_is_found(case):
    cells, (cell, line, words) = case
    [finding] = found(*cells)
    assert finding[:2] == (cell, line)
    assert finding[2].startswith(words)


def test_a_name_is_said_once():
    assert len(found("gone", "gone", "gone")) == 1


def test_cells_that_last_ran_out_of_order():
    cells = [nbformat.v4.new_code_cell("1", execution_count=n) for n in (1, 3, 2)]
    [finding] = find_disorder(cells)
    assert (finding.cell, finding.severity) == (3, "warning")
    assert not list(find_disorder(cells[:2]))
