"""Mask what is sensitive in a record before any of it is shown.

A dataset holds what users typed: in its cases, but in ids, tags and reasons too. Masking the record
as a whole, before texts are cut, leaves no half of an address in the open.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from llmops_magics.redaction import redact

Shown = TypeVar("Shown", bound=str)


def masked(view: Callable[[Any], Shown]) -> Callable[[Any], Shown]:
    """Wrap a view: it gets the record with secrets and personal data masked in every text."""

    @wraps(view)
    def wrapped(record: Any) -> Shown:
        return view(_masked(record))

    return wrapped


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        stored = [f.name for f in dataclasses.fields(value) if f.metadata.get("stored", True)]
        return dataclasses.replace(
            value, **{name: _masked(getattr(value, name)) for name in stored}
        )
    if isinstance(value, Mapping):
        return {_masked(key): _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_masked(item) for item in value)
    return value
