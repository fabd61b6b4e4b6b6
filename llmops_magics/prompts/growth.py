"""Operations whose result, or whose time, can be far larger than their operands.

They are checked before they run, for nothing can stop them afterwards.
"""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from numbers import Number, Rational
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import RenderError
from llmops_magics.prompts.limit import MAX_GROWTH, MAX_INTEGER_BITS, too_large, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Filters and methods of str that repeat one operand for each part of another …
_GROWS_BY_VALUE = frozenset({"join", "replace", "indent", "wordwrap", "batch", "slice"})
# … and those that grow with a number they are given.
_GROWS_BY_NUMBER = frozenset(
    {"center", "ljust", "rjust", "zfill", "indent", "batch", "slice", "tojson"}
)
# Methods of str, and ``trim``, that may compare each character of one text with each of another.
_SCANS = frozenset({"rfind", "rindex", "rsplit", "rpartition", "strip", "lstrip", "rstrip", "trim"})
MAX_PRECISION = 100
_WIDE_FIELD = re.compile(r"\d{5,}|\*")
_PERCENT_FIELD = re.compile(r"%(?:\([^)]*\))?[^a-zA-Z%]*")
_OPERANDS = (str, Number, list, tuple, date, timedelta)


def check_growth(
    name: str, value: Any, arguments: Sequence[Any], options: Mapping[str, Any]
) -> None:
    """Refuse a filter or method that would repeat its operands beyond the limit."""
    if name == "format":
        check_percent(value, options or arguments)
    if name == "sum" and not all(isinstance(v, Number) for v in _sum_start(arguments, options)):
        raise RenderError("The filter `sum` adds numbers only.")
    if name == "wordwrap":
        _check_wrap(value, options.get("width", arguments[0] if arguments else 79))
    if name == "round":
        _check_precision(options.get("precision", arguments[0] if arguments else 0))
    factor = 1
    for operand in (*arguments, *options.values()):
        if isinstance(operand, int):
            factor *= max(1, abs(operand)) if name in _GROWS_BY_NUMBER else 1
        elif name in _GROWS_BY_VALUE or name in _SCANS:
            factor *= weigh(operand)
    if factor > 1 and factor * weigh(value) > MAX_GROWTH:
        raise too_large(value)


def _check_wrap(value: Any, width: Any) -> None:
    """Refuse breaking very long words: each break copies what is left of the word."""
    text = str(value)
    longest = max(map(len, text.split()), default=0)
    if isinstance(width, int) and longest * longest > MAX_GROWTH * max(1, width):
        raise too_large(value)


def _check_precision(precision: Any) -> None:
    """Refuse rounding to so many digits that a power of ten alone would take minutes."""
    if isinstance(precision, int) and abs(precision) > MAX_PRECISION:
        raise RenderError(f"A template rounds to at most {MAX_PRECISION} digits.")


def _sum_start(arguments: Sequence[Any], options: Mapping[str, Any]) -> Sequence[Any]:
    return [options["start"]] if "start" in options else arguments[1:2]


def check_percent(template: Any, operands: Any) -> None:
    """Refuse ``%`` formatting with a huge width, or with many times a large operand."""
    fields = _PERCENT_FIELD.findall(str(template))
    if any(_WIDE_FIELD.search(field.rpartition(")")[2]) for field in fields):
        raise RenderError("A width in a format is over 9,999 characters, or given by `*`.")
    if len(fields) * weigh(operands) > MAX_GROWTH:
        raise too_large(template)


def check_width(specification: str) -> None:
    """Refuse a format specification with a width or precision over four digits."""
    if _WIDE_FIELD.search(specification):
        raise RenderError(f"The width in the format {specification[:40]!r} is over 9,999.")


def check_operator(operator: str, left: Any, right: Any) -> None:
    """Refuse arithmetic on anything but plain values, and what would grow beyond the limit."""
    formats = operator == "%" and isinstance(left, str)
    for operand in (left,) if formats else (left, right):
        if not isinstance(operand, _OPERANDS):
            raise RenderError(
                f"A template cannot use `{operator}` on a {type(operand).__name__}.",
                hint="Compute the value in the notebook and pass it as a variable.",
            )
        check_number(operand)
    if formats:
        check_percent(left, right)
    elif operator == "*":
        _check_product(left, right)
    elif operator == "**":
        _check_power(left, right)


def check_number(value: Any) -> Any:
    """Return a value that is no number of so many bits that to divide by it takes minutes."""
    if isinstance(value, str | float):
        return value
    if isinstance(value, int):
        _check_bits(value.bit_length())
    elif isinstance(value, Rational):  # a Fraction
        parts = int(value.numerator), int(value.denominator)  # numpy's have no bit_length
        _check_bits(sum(part.bit_length() for part in parts))
    return value


def _check_product(left: Any, right: Any) -> None:
    for sequence, count in ((left, right), (right, left)):
        if isinstance(sequence, str | list | tuple) and isinstance(count, int):
            if count > 0 and weigh(sequence) * count > MAX_GROWTH:
                raise too_large(sequence)
            return
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())


def _check_power(left: Any, right: Any) -> None:
    if not all(isinstance(operand, int | float) for operand in (left, right)):
        raise RenderError("A template can use `**` on numbers only.")
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        _check_bits(math.ceil(left.bit_length() * min(right, MAX_GROWTH)))


def _check_bits(bits: int) -> None:
    if bits > MAX_INTEGER_BITS:
        raise RenderError(f"The template computes a number of more than {MAX_INTEGER_BITS} bits.")
