"""The model settings a prompt version may carry, each with the check its value must pass."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import plain, whole_numbers
from llmops_magics.prompts.tool import check_response_format, check_tool_choice, check_tools

MAX_TIER_CHARS = 40
MAX_STOPS = 4  # what OpenAI-compatible endpoints take


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in their one form, so that ``1`` and ``1.0`` have the same digest.

    The names that Prompty files use (``topP``, ``maxOutputTokens``) become OpenAI's. Raises
    ``PromptSyntaxError`` for an unknown setting or a value it cannot have.
    """
    checked: dict[str, Any] = {}
    for key, value in settings.items():
        name = ALIASES.get(str(key), str(key))
        if name in checked:
            raise PromptSyntaxError(f"The model setting {name!r} is given twice, also as {key!r}.")
        checked[name] = _check(name, value)
    return checked


def _check(name: str, value: Any) -> Any:
    if name in _READERS:
        return whole_numbers(_READERS[name](value))
    if name not in SETTINGS:
        known = [*SETTINGS, *_READERS]
        close = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise PromptSyntaxError(
            f"Unknown model setting {name!r}.{meant}",
            hint=f"Known settings: {', '.join(sorted(known))}.",
        )
    expected, holds = SETTINGS[name]
    value = whole_numbers(plain(value, f"The model setting {name!r}"))
    if not holds(value):
        raise PromptSyntaxError(
            f"The model setting {name!r} must be {expected}, not {str(value)[:60]!r}."
        )
    return value


def _number(low: float, high: float) -> tuple[str, Callable[[Any], bool]]:
    def holds(value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and low <= value <= high  # NaN is in no range

    return f"a number from {low:g} to {high:g}", holds


def _integer(low: int | None = None, high: int | None = None) -> tuple[str, Callable[[Any], bool]]:
    def holds(value: Any) -> bool:
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return is_integer and (low is None or value >= low) and (high is None or value <= high)

    if low is None:
        return "a whole number", holds
    if high is None:
        return f"a whole number of {low} or more", holds
    return f"a whole number from {low} to {high}", holds


def _is_stop(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    is_list = isinstance(value, list) and 1 <= len(value) <= MAX_STOPS
    return is_list and all(isinstance(item, str) and item for item in value)


def _is_tier(value: Any) -> bool:
    return isinstance(value, str) and value.isidentifier() and len(value) <= MAX_TIER_CHARS


SETTINGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "max_tokens": _integer(1),
    "max_completion_tokens": _integer(1),
    "seed": _integer(),
    "stop": (f"a text or a list of at most {MAX_STOPS} texts", _is_stop),
    "parallel_tool_calls": ("true or false", lambda value: isinstance(value, bool)),
    "logprobs": ("true or false", lambda value: isinstance(value, bool)),
    "top_logprobs": _integer(0, 20),
    "reasoning_effort": ("a text such as low, medium or high", lambda v: isinstance(v, str)),
    "service_tier": ("a text such as default, flex or priority", _is_tier),
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "tools": check_tools,
    "tool_choice": check_tool_choice,
    "response_format": check_response_format,
}

# As Prompty files write them.
ALIASES = {
    "topP": "top_p",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "maxOutputTokens": "max_completion_tokens",
    "maxTokens": "max_tokens",
    "stopSequences": "stop",
    "allowMultipleToolCalls": "parallel_tool_calls",
    "responseFormat": "response_format",
    "toolChoice": "tool_choice",
    "tools_choice": "tool_choice",
    "reasoningEffort": "reasoning_effort",
}
