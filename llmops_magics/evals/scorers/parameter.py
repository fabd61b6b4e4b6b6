"""Parameters of the scorers: each is checked once, before the first call, and says what it wants.

Every function here returns the value that it was given, or raises ``ScorerError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import isfinite
from typing import Any

from llmops_magics.errors import ScorerError


def number(parameter: str, value: Any, *, least: float = 0.0) -> float:
    """Accept a finite number of at least ``least``."""
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or value < least:
        raise _wrong(parameter, value, f"a number of at least {least:g}")
    return float(value)


def limit(parameter: str, value: Any) -> float | None:
    """Accept None (no limit) or a number that is not negative."""
    return None if value is None else number(parameter, value)


def flag(parameter: str, value: Any) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise _wrong(parameter, value, "true or false")
    return value


def choice(parameter: str, value: Any, choices: Sequence[str]) -> str:
    """Accept one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise _wrong(parameter, value, f"one of {', '.join(choices)}")
    return value


def texts(parameter: str, value: Any) -> tuple[str, ...]:
    """Accept a text, or a list of texts, none of them empty."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(i, str) and i for i in items):
        raise _wrong(parameter, value, "a text or a list of texts")
    return tuple(items)


def library(package: str, scorer: str) -> str:
    """Return the version of an optional package; it is not imported."""
    try:
        if find_spec(package) is not None:
            return version(package)
    except (PackageNotFoundError, ValueError, ImportError):
        pass
    raise ScorerError(
        f"The scorer {scorer} needs {package}, which is not installed.",
        hint="Install it: pip install 'llmops-magics[metrics]'.",
    )


def _wrong(parameter: str, value: Any, wanted: str) -> ScorerError:
    return ScorerError(f"The parameter {parameter} is {value!r:.80}.", hint=f"Give {wanted}.")
