from __future__ import annotations

import csv
import gzip
import io

import pytest
from view_records import sample

from llmops_magics.widgets.sheet import safe_cell, to_csv


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "\n=1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_a_text_that_is_a_formula_is_made_a_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "cell"), [(-0.5, -0.5), (None, ""), (True, "true"), ("a", "a")])
def test_numbers_stay_numbers(value, cell):
    assert safe_cell(value) == cell


def test_a_nul_character_is_dropped_before_it_hides_a_formula():
    assert safe_cell("\x00=1") == "'=1"


def test_hostile_headers_and_cells_in_a_file():
    row = sample(output='=HYPERLINK("http://x","y")', inputs={"=q": "a\nb", "q,r": 'say "hi"'})
    content = gzip.decompress(to_csv([row], ["=q", "q,r"], ["@s"], {"c1": "-older"}))
    head, cells = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert head[6:9] == ["input.=q", "input.q,r", "'@s"]
    assert cells[4] == '\'=HYPERLINK("http://x","y")'
    assert cells[6:8] == ["a\nb", 'say "hi"']
    assert cells[-1] == "'-older"
