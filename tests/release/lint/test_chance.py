"""What makes two runs of one notebook differ."""

from __future__ import annotations

import nbformat
import pytest

from llmops_magics.release.lint.chance import find_chance
from llmops_magics.release.lint.code import code_cells


def found(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return [(f.rule, f.severity, f.cell, f.line) for f in find_chance(code_cells(notebook))]


@pytest.mark.parametrize(
    "case",
    [
        ("import random\nrandom.random()", ("random", "error", 1, 2)),
        ("from random import choice as pick\npick([1])", ("random", "error", 1, 2)),
        ("import numpy as np\nnp.random.rand()", ("random", "error", 1, 2)),
        ("import numpy as np\nnp.random.default_rng()", ("random", "error", 1, 2)),
        ("import uuid\nuuid.uuid4()", ("random", "error", 1, 2)),
        ("from datetime import datetime\ndatetime.now()", ("clock", "warning", 1, 2)),
        ("import datetime\ndatetime.datetime.utcnow()", ("clock", "warning", 1, 2)),
        ("import time\ntime.sleep(1)", ("sleep", "warning", 1, 2)),
        ("import requests\nrequests.get('u')", ("network", "error", 1, 2)),
        ("from urllib.request import urlopen\nurlopen('u')", ("network", "error", 1, 2)),
        ("!pip install x", ("install", "error", 1, 1)),
        ("%pip install x", ("install", "error", 1, 1)),
        ("x = 1\n!python -m pip install x", ("install", "error", 1, 2)),
        ("!ls", ("shell", "warning", 1, 1)),
        ("files = !ls", ("shell", "warning", 1, 1)),
        ("input()", ("input", "error", 1, 1)),
    ],
)
def test_each_source_of_difference_is_found(case):
    source, finding = case
    assert found(source) == [finding]


@pytest.mark.parametrize(
    "source",
    [
        "import random\nrandom.seed(1)\nrandom.random()",
        "import random\nrandom.Random(1).random()",
        "import numpy as np\nnp.random.default_rng(0).normal()",
        "import numpy as np\nnp.random.seed(0)\nnp.random.rand()",
        "value.random()\nnow()\nuseful.get('u')",
        "%llm_eval x --data d",
        "if a != b: pass",
    ],
)
def test_what_is_seeded_or_only_sounds_alike_is_not(source):
    assert found(source) == []


def test_a_seed_counts_for_later_cells_only():
    cells = ("import random\nrandom.random()", "random.seed(1)", "random.random()")
    assert [finding[2] for finding in found(*cells)] == [1]
