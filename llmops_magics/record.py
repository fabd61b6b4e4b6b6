"""What every result record shares: canonical JSON, a digest, and a way to be shown.

A result is a frozen dataclass that inherits ``Record``. Its ``to_dict()`` is the JSON that is
stored, served and archived. How it looks is not its business: ``views`` registers a function a
kind in ``VIEWS``, and ``widgets`` may add a live part in ``LIVE_VIEWS``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, NamedTuple

DIGEST_ALGORITHM = "sha256"
MAX_WORDS_CHARACTERS = 100_000


class View(NamedTuple):
    """How a kind of record is shown without a kernel: static HTML and plain text.

    ``json`` is what an output cell holds of the record, where that is not all of it.
    """

    html: Callable[[Any], str]
    text: Callable[[Any], str]
    json: Callable[[Any], dict[str, Any]] | None = None


VIEWS: dict[str, View] = {}
LIVE_VIEWS: dict[str, Callable[[Any], dict[str, Any]]] = {}


def to_jsonable(value: Any) -> Any:
    """Turn records, decimals, times and enums into what JSON can hold; NaN becomes null."""
    if isinstance(value, Record):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: to_jsonable(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if f.metadata.get("stored", True)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Mapping):
        return {_well_formed(str(k)): to_jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [to_jsonable(v) for v in items]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_jsonable(v) for v in value]  # rows that are read as they are asked for
    return _leaf(value)


def _leaf(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value if value.isascii() else _well_formed(value)
    if hasattr(value, "item") and not isinstance(value, bytes):  # a NumPy scalar
        return _leaf(value.item())
    return value


def _well_formed(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file, kernel message or database can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def canonical_json(value: Any) -> bytes:
    """Serialise to the one JSON text that equal values share.

    Keys sorted, no white space, UTF-8, no NaN: RFC 8785 for what records hold.
    """
    return json.dumps(
        to_jsonable(value),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


class Digest:
    """Digest of raw content that comes piece by piece."""

    def __init__(self) -> None:
        self._hash = hashlib.new(DIGEST_ALGORITHM)
        self.update = self._hash.update

    @property
    def tagged(self) -> str:
        """The digest so far, tagged with its algorithm."""
        return f"{DIGEST_ALGORITHM}:{self._hash.hexdigest()}"


def digest_bytes(content: bytes) -> str:
    """Digest of raw content, tagged with its algorithm: ``sha256:…``."""
    return f"{DIGEST_ALGORITHM}:{hashlib.sha256(content).hexdigest()}"


def digest(value: Any) -> str:
    """Digest of a value's canonical JSON, tagged with its algorithm: ``sha256:…``."""
    return digest_bytes(canonical_json(value))


def utc_now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, so that the text sorts as the time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Read what ``format_time`` wrote."""
    return datetime.fromisoformat(text)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """A finished result: immutable, JSON-able, and able to show itself in a notebook."""

    kind: ClassVar[str]
    schema_version: ClassVar[int] = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that is stored, served and archived."""
        body = {
            f.name: to_jsonable(getattr(self, f.name))
            for f in dataclasses.fields(self)
            if f.metadata.get("stored", True)
        }
        return {"kind": self.kind, **body}

    def __str__(self) -> str:
        view = VIEWS.get(self.kind)
        return _well_formed(view.text(self)) if view else repr(self)

    @classmethod
    def mime_type(cls) -> str:
        """Return the MIME type the JupyterLab renderer listens to."""
        return f"application/vnd.llmops.{cls.kind}.v{cls.schema_version}+json"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = VIEWS.get(self.kind)
        words = str(self)
        if view is None:
            return {"text/plain": words}
        if len(words) > MAX_WORDS_CHARACTERS:  # an answer is its own text; a view has an end
            words = _well_formed(view.text(self))
        bundle: dict[str, Any] = {"text/plain": words}
        bundle[self.mime_type()] = view.json(self) if view.json else self.to_dict()
        bundle["text/html"] = _well_formed(view.html(self))
        live = LIVE_VIEWS.get(self.kind)
        if live is not None and not in_gate():
            bundle.update(live(self))
        return bundle


def in_gate() -> bool:
    """Tell whether a gate runs this process: what is shown must then be static."""
    return bool(os.environ.get("LLMOPS_GATE"))
