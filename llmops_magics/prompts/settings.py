"""The model settings a prompt version may carry, each with the check its value must pass."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.record import canonical_json

MAX_STOPS = 4  # what OpenAI-compatible endpoints take


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in their one form, so that ``1`` and ``1.0`` have the same digest.

    Raises ``PromptSyntaxError`` for an unknown setting or a value it cannot have.
    """
    return {str(name): _check(str(name), settings[name]) for name in settings}


def _check(name: str, value: Any) -> Any:
    if name not in SETTINGS:
        close = difflib.get_close_matches(name, SETTINGS, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise PromptSyntaxError(
            f"Unknown model setting {name!r}.{meant}",
            hint=f"Known settings: {', '.join(sorted(SETTINGS))}.",
        )
    expected, holds = SETTINGS[name]
    value = _normalise(value)
    if not holds(value):
        raise PromptSyntaxError(
            f"The model setting {name!r} must be {expected}, not {str(value)[:60]!r}."
        )
    try:
        canonical_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise PromptSyntaxError(f"The model setting {name!r} holds no JSON: {error}.") from error
    return value


def _normalise(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _normalise(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalise(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _number(low: float, high: float) -> tuple[str, Callable[[Any], bool]]:
    def holds(value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and math.isfinite(value) and low <= value <= high

    return f"a number from {low:g} to {high:g}", holds


def _integer(low: int | None = None) -> tuple[str, Callable[[Any], bool]]:
    def holds(value: Any) -> bool:
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return is_integer and (low is None or value >= low)

    return "a whole number" if low is None else f"a whole number of {low} or more", holds


def _is_stop(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    is_list = isinstance(value, list) and 1 <= len(value) <= MAX_STOPS
    return is_list and all(isinstance(item, str) and item for item in value)


SETTINGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "max_tokens": _integer(1),
    "max_completion_tokens": _integer(1),
    "seed": _integer(),
    "stop": (f"a text or a list of at most {MAX_STOPS} texts", _is_stop),
    "response_format": (
        "a mapping with a `type`",
        lambda value: isinstance(value, dict) and isinstance(value.get("type"), str),
    ),
    "reasoning_effort": ("a text such as low, medium or high", lambda v: isinstance(v, str)),
}
