from __future__ import annotations

from argparse import ArgumentTypeError
from decimal import Decimal
from types import SimpleNamespace

import pytest

from llmops_magics.command.operation import Context
from llmops_magics.command.sweep import _refuse_dear, exit_code, share
from llmops_magics.errors import UsageError


def test_share():
    assert (share("0.5"), share("50%"), share("0")) == (0.5, 0.5, 0)
    for text in ("half", "-1", "nan", "inf"):
        with pytest.raises(ArgumentTypeError, match="no share or loss"):
            share(text)


def plan(cost, missing=10):
    return SimpleNamespace(cost_usd=cost, missing=missing)


def test_what_is_dear_is_not_embedded_unasked():
    settings = SimpleNamespace(eval=SimpleNamespace(ask_above_usd=1.0))
    context = Context(workspace=SimpleNamespace(settings=settings))
    for cheap in (plan(Decimal("0.9")), plan(None), plan(Decimal(0), missing=10**6)):
        _refuse_dear(context, cheap)
    with pytest.raises(UsageError, match=r"may cost \$3.20. Nothing was embedded"):
        _refuse_dear(context, plan(Decimal("3.2")))
    with pytest.raises(UsageError, match="at a price that is not known"):
        _refuse_dear(context, plan(None, missing=10**6))


def test_exit_codes():
    assert exit_code(SimpleNamespace(verdict="CHOSEN")) == 0
    assert exit_code(SimpleNamespace(verdict="INCONCLUSIVE")) == 3
    assert exit_code(SimpleNamespace()) == 0  # a plan
