from __future__ import annotations

from argparse import ArgumentTypeError
from types import SimpleNamespace

import pytest

from llmops_magics.command.check import cutoffs, exit_code


def test_cutoffs():
    assert cutoffs("20, 5,5") == (5, 20)
    for text in ("", "0", "1001", "five", "5;10", "-1"):
        with pytest.raises(ArgumentTypeError, match="no list of k"):
            cutoffs(text)


@pytest.mark.parametrize(
    ("verdict", "worse", "code"),
    [
        ("MEASURED", (), 0), ("UNCHANGED", (), 0), ("CHANGED", (), 0),
        ("CHANGED", ("dense recall@10",), 1), ("INCONCLUSIVE", ("dense recall@10",), 3),
    ],
)  # fmt: skip
def test_exit_codes(verdict, worse, code):
    assert exit_code(SimpleNamespace(verdict=verdict, worse=worse)) == code
