"""numeric: is the number in the answer the expected one? An assertion; needs ``expected``.

Right is |answer - expected| <= max(tolerance, rel * |expected|), in decimal arithmetic: 0.31 is
within 0.01 of 0.30. ``which`` number of the answer counts: the ``last`` (after reasoning comes
the result), the ``first``, ``any``, or the ``only`` one, so that several different ones are wrong.
Numbers may have a sign, an exponent and commas between thousands; ``decimal=","`` reads 1.234,5.
Units, currencies and per cent signs do not count: 12 % is 12. A list of expected numbers accepts
any of them; an expected value that is no number is a missing score.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import choice, number
from llmops_magics.evals.scorers.text import shorten

WHICH = ("last", "first", "any", "only")
MAX_DIGITS = 1_000
_PATTERN = (
    r"(?<![\w{point}])(?:(?<!\d)[-+\u2212])?(?:\d{{1,3}}(?:{group}\d{{3}})+(?!\d)|\d+)?"
    r"(?:(?<=\d){point}\d+|(?<!\d){point}\d+)?(?:(?<=\d)[eE][-+]?\d{{1,4}}(?!\w))?"
)
PATTERNS = {
    ".": re.compile(_PATTERN.format(point=r"\.", group=",")),
    ",": re.compile(_PATTERN.format(point=",", group=r"[.\u00a0\u202f]")),
}


def find_numbers(text: str, decimal: str = ".") -> list[Decimal]:
    """Return the numbers in a text in their order; a dot or comma that ends a sentence is none."""
    found = (match.group() for match in PATTERNS[decimal].finditer(text))
    return [read for spelling in found if (read := _read(spelling, decimal)) is not None]


def is_near(value: Decimal, wanted: Decimal, tolerance: float = 0.0, rel: float = 0.0) -> bool:
    """Tell whether two numbers are within the larger of the two tolerances."""
    allowed = max(Decimal(str(tolerance)), Decimal(str(rel)) * abs(wanted))
    return abs(value - wanted) <= allowed


def _read(spelling: str, decimal: str) -> Decimal | None:
    if not any(char.isdigit() for char in spelling) or len(spelling) > MAX_DIGITS:
        return None
    plain = spelling.replace("\u2212", "-")
    for group in ",.\u00a0\u202f".replace(decimal, ""):
        plain = plain.replace(group, "")
    try:
        return Decimal(plain.replace(decimal, "."))
    except InvalidOperation:
        return None


def _wanted(expected: Any, decimal: str) -> list[Decimal]:
    """Return the expected numbers; raises ``ValueError`` for a value that is none."""
    values = expected if isinstance(expected, list | tuple) else [expected]
    wanted = []
    for value in values:
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        found = [Decimal(str(value))] if is_number else find_numbers(str(value), decimal)
        if isinstance(value, bool | dict) or len(found) != 1 or not found[0].is_finite():
            raise ValueError(f"the expected value {shorten(str(value))!r} is not one number")
        wanted += found
    return wanted


def _chosen(numbers: list[Decimal], which: str) -> list[Decimal]:
    if which == "only":
        return numbers[:1] if len(set(numbers)) == 1 else []
    return {"last": numbers[-1:], "first": numbers[:1], "any": numbers}[which]


def make(
    *, tolerance: float = 0.0, rel: float = 0.0, which: str = "last", decimal: str = "."
) -> BuiltIn:
    """Return the scorer with an absolute and a relative tolerance (0.05 is 5%)."""
    tolerance, rel = number("tolerance", tolerance), number("rel", rel)
    which, decimal = choice("which", which, WHICH), choice("decimal", decimal, (".", ","))

    def judge(context: ScorerContext) -> Score:
        try:
            wanted = _wanted(context.expected, decimal)
        except ValueError as error:
            return missing("", str(error))
        found = find_numbers(context.output, decimal)
        chosen = _chosen(found, which)
        if any(is_near(n, w, tolerance, rel) for n in chosen for w in wanted):
            return Score(scorer="", value=True)
        listed = " or ".join(str(w) for w in wanted[:5])
        seen = ", ".join(str(n) for n in (chosen or found)[-5:]) or "no number"
        return Score(scorer="", value=False, reason=shorten(f"{seen} instead of {listed}"))

    settings = {"tolerance": tolerance, "rel": rel, "which": which, "decimal": decimal}
    return BuiltIn("numeric", frozenset({"expected"}), judge, (__name__,), settle(settings))


SCORER = make()
