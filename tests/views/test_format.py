from __future__ import annotations

from decimal import Decimal

import pytest

from llmops_magics.views import format as fmt


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (None, "unknown"),
        ("NaN", "unknown"),
        ("0", "$0"),
        ("0.00", "$0"),
        ("0.0000001", "under $0.000001"),
        ("0.000048", "$0.000048"),
        ("0.0006", "$0.0006"),
        ("0.00123", "$0.0012"),
        ("0.0213", "$0.021"),
        ("0.1", "$0.10"),
        ("0.999", "$1.00"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_money(cost, shown):
    assert fmt.money(None if cost is None else Decimal(cost)) == shown


def test_a_sum_that_lacks_prices_is_a_lower_bound():
    assert fmt.total_money(Decimal("0.02"), 0) == "$0.02"
    assert fmt.total_money(Decimal("0.02"), 3) == "at least $0.02 (3 unpriced calls)"
    assert fmt.total_money(Decimal(0), 1, "answer") == "cost unknown (1 unpriced answer)"


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, fmt.NOTHING),
        (float("nan"), fmt.NOTHING),
        (0.25, "0.25 ms"),
        (412, "412 ms"),
        (999.7, "1.0 s"),
        (1812, "1.8 s"),
        (125_000, "2 min 5 s"),
    ],
)
def test_duration(milliseconds, shown):
    assert fmt.duration(milliseconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, fmt.NOTHING),
        (0, "0"),
        (0.0041, "0.0041"),
        (0.6712, "0.671"),
        (2.5, "2.5"),
        (1234.5678, "1,234.568"),
    ],
)
def test_number(value, shown):
    assert fmt.number(value) == shown


def test_intervals_and_differences():
    assert fmt.interval(0.721, 0.93, is_proportion=True) == "72.1% to 93.0%"
    assert fmt.interval(None, 1.0, is_proportion=True) == fmt.NOTHING
    assert fmt.difference(-0.03, is_proportion=True) == "\N{MINUS SIGN}3.0 pts"
    assert fmt.difference_interval(-0.03, 0.081, is_proportion=True) == "\N{MINUS SIGN}3.0 to +8.1"
    assert fmt.difference(0.0, is_proportion=False) == "±0"


def test_names_are_cut_where_readers_cut_them():
    assert fmt.short_digest("sha256:" + "ab" * 32) == "sha256:abababababab"
    assert fmt.moment("2030-01-31T09:15:00.000000Z") == "2030-01-31 09:15:00 UTC"
    assert fmt.moment("yesterday") == "yesterday"
    assert (fmt.plural(1, "case"), fmt.plural(1200, "case")) == ("1 case", "1,200 cases")
