"""How long a pattern could take at worst, before it is tried.

A backtracking matcher can at worst try every way to spread a text over a pattern. Counting these
ways bounds its time from above: crudely, but what is called cheap is cheap.
"""

from __future__ import annotations

import re
from math import inf
from typing import Any


def worst_case_steps(pattern: str, length: int) -> float:
    """Return a bound on the ways to match ``pattern`` in a text of ``length`` characters.

    Starts, times the ways of each repeat (one a count it may take) and of each alternative. A
    repeat of something that itself has several ways is their power. Infinite where the pattern
    cannot be analysed. Raises ``re.error`` for a pattern that does not compile.
    """
    parser: Any = getattr(re, "_parser", None)
    if parser is None:
        return inf
    return (length + 1) * _ways(parser.parse(pattern), length)


def _ways(part: Any, length: int) -> float:
    """Ways of a parsed pattern: a sequence of (operation, argument)."""
    total = 1.0
    for operation, argument in part:
        name = str(operation)
        if "REPEAT" in name:
            total *= _ways_of_repeat(argument, length)
        elif name == "BRANCH":
            total *= sum(_ways(branch, length) for branch in argument[1])
        elif isinstance(argument, tuple | list):  # a group, a look-around, a conditional
            for inner in argument:
                if hasattr(inner, "getwidth"):
                    total *= _ways(inner, length)
        elif hasattr(argument, "getwidth"):
            total *= _ways(argument, length)
    return total


def _ways_of_repeat(argument: tuple[Any, Any, Any], length: int) -> float:
    least, most, body = int(argument[0]), min(int(argument[1]), length), argument[2]
    counts = max(most - least, 0) + 1
    once = _ways(body, length)
    if once <= 1:
        return float(counts)
    try:
        return float(counts * once ** max(most, least))
    except OverflowError:
        return inf
