from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from llmops_magics.datasets.case import Case, case_from_row
from llmops_magics.errors import DatasetError


def test_columns_that_are_not_reserved_are_inputs():
    row = {"id": 7, "expected": "x", "tags": "a, b", "question": "?", "documents": ["d1"]}
    assert case_from_row(row, 1) == Case(
        id="7", inputs={"question": "?", "documents": ["d1"]}, expected="x", tags=("a", "b")
    )


def test_values_become_plain_data():
    row = {
        "a": float("nan"), "b": pd.NA, "c": pd.NaT, "d": np.float64(1.5), "e": np.array([1, 2]),
        "f": datetime(2024, 1, 2, tzinfo=UTC), "g": Decimal("1.50"), "h": {"x": (1, np.nan)},
    }  # fmt: skip
    assert case_from_row(row, 1).inputs == {
        "a": None, "b": None, "c": None, "d": 1.5, "e": [1, 2],
        "f": "2024-01-02T00:00:00+00:00", "g": "1.50", "h": {"x": [1, None]},
    }  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), [(None, "case-012"), ("", "case-012"), (3.0, "3")])
def test_an_id_is_made_or_read(given, expected):
    assert case_from_row({"id": given}, 12).id == expected


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({7: "x"}, "a column named 7"),
        ({" ": "x"}, "a column named"),
        ({"id": True}, "the id is a bool"),
        ({"id": "a\nb"}, "cannot be an id"),
        ({"id": "a" * 201}, "cannot be an id"),
        ({"tags": [1]}, "`tags` is"),
        ({"metadata": 1}, "`metadata` is"),
        ({"a": b"x"}, "column 'a': a bytes cannot"),
        ({"a": float("inf")}, "no JSON number"),
        ({"a": "\ud800"}, "half a character"),
    ],
)
def test_what_cannot_be_stored_is_refused(row, message):
    with pytest.raises(DatasetError, match=message):
        case_from_row(row, 3)
