"""Where a case says what it wants of an answer beside its text: tool calls, a path, citations."""

from __future__ import annotations

from typing import Any

from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.json_schema import read_json


def find_wish(context: ScorerContext, *keys: str) -> Any:
    """Return ``metadata[key]`` or ``expected[key]``, the first there is, None where neither is.

    ``expected`` may also be the text of a JSON object, as it is in a CSV file.
    """
    expected = as_data(context.expected)
    sources = [context.metadata, expected if isinstance(expected, dict) else {}]
    return next((s[key] for s in sources for key in keys if s.get(key) is not None), None)


def as_data(value: Any) -> Any:
    """Return the JSON object or list that a text is, any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return read_json(value)
        except ValueError:
            return value
    return value
