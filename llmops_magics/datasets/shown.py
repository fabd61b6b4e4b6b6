"""What a record of datasets puts into a notebook: masked, and never longer than a page needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmops_magics.record import Record
from llmops_magics.redaction import redact_value

MAX_ITEMS = 200  # of a list; ``to_dict()`` has them all


@dataclass(frozen=True, kw_only=True)
class ShownRecord(Record):
    """A record whose JSON in a notebook is masked, with the first items of its long lists.

    Where a list is cut, ``<field>_count`` says how many there were.
    """

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**options)
        if self.mime_type() in bundle:
            bundle[self.mime_type()] = redact_value(_shortened(bundle[self.mime_type()]))
        return bundle


def _shortened(body: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in body.items():
        shown[name] = value
        if isinstance(value, list) and len(value) > MAX_ITEMS:
            shown[name] = value[:MAX_ITEMS]
            shown[f"{name}_count"] = len(value)
    return shown
