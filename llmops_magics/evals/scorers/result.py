"""From what a function returns to scores: the kind of the value says what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import missing, not_applicable


def as_scores(scorer: str, result: Any) -> tuple[Score, ...]:
    """Return the scores that ``result`` stands for, each named ``scorer`` or ``scorer.key``.

    bool is an assertion, a number a score (NaN and infinities are missing), str a label, None not
    applicable, a mapping several of these; a ``Score``, or a list of them, passes through.
    Anything else is a missing score that says so.
    """
    if isinstance(result, Score):
        return (_checked(scorer, result),)
    if isinstance(result, list | tuple) and result and all(isinstance(r, Score) for r in result):
        return tuple(_checked(scorer, score) for score in result)
    if isinstance(result, Mapping) and result:
        return tuple(
            score for key, value in result.items() for score in as_scores(f"{scorer}.{key}", value)
        )
    return (_from_value(scorer, result),)


def _checked(scorer: str, score: Score) -> Score:
    """Check a score that the function made itself, and keep its name within the scorer's."""
    inside = score.scorer in ("", scorer) or score.scorer.startswith(f"{scorer}.")
    name = (score.scorer or scorer) if inside else f"{scorer}.{score.scorer}"
    checked = score if score.value is None else _from_value(name, score.value)
    if score.value is not None and checked.value is None:
        return checked
    return replace(score, scorer=name, value=checked.value)


def _from_value(scorer: str, value: Any) -> Score:
    if value is None or (isinstance(value, Mapping) and not value):
        return not_applicable(scorer)
    if getattr(value, "shape", None) == ():  # a NumPy scalar
        value = value.item()
    if isinstance(value, bool | str):
        return Score(scorer=scorer, value=value)
    if isinstance(value, int | float | Decimal):
        number = float(value)
        if isfinite(number):
            return Score(scorer=scorer, value=number)
        return missing(scorer, f"the scorer returned {number}, which is no number to average")
    kind = type(value).__name__
    return missing(scorer, f"the scorer returned a {kind}, not a bool, number, str, dict or None")
