"""Values as they are written on a line: ``k=v``, ``@variable``, ``@file``, JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llmops_magics.config.home import expanded
from llmops_magics.datasets.loader import load
from llmops_magics.errors import UsageError
from llmops_magics.prompts.inputs import coerce
from llmops_magics.prompts.place import read_limited

MAX_FILE_BYTES = 10 * 1024 * 1024


def assignment(text: str) -> tuple[str, str]:
    """Read ``name=value``; an argparse type."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    return name.strip(), value


def count(text: str) -> int:
    """Read a whole number of 1 or more; an argparse type."""
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def json_or_text(text: str) -> Any:
    """Read a number, list or mapping from JSON; what is no JSON is the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_variables(
    pairs: Iterable[tuple[str, str]],
    inputs: Mapping[str, Mapping[str, Any]],
    namespace: Mapping[str, Any],
) -> dict[str, Any]:
    """Return variables by name, each of its declared type.

    ``@x`` is the notebook's variable ``x`` if there is one, else the text of the file ``x``;
    ``@@x`` is the text ``@x``.
    """
    values: dict[str, Any] = {}
    for name, written in pairs:
        if name in values:
            raise UsageError(f"The variable {name!r} is given twice.")
        if written.startswith("@@"):
            values[name] = written[1:]
        elif written.startswith("@"):
            values[name] = _named(written[1:], namespace)
        else:
            values[name] = coerce(inputs.get(name, {}), written)
    return values


def read_json(written: str, namespace: Mapping[str, Any], what: str) -> Any:
    """Return the notebook's variable of that name, else what a JSON file of that name holds.

    A pydantic model class stands for its JSON schema.
    """
    if written in namespace:
        value = namespace[written]
        schema_of = getattr(value, "model_json_schema", None)
        return schema_of() if isinstance(value, type) and schema_of else value
    text = _read(written, what)
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{what}: {written} holds no JSON: {error}.") from None


def read_source(written: str, namespace: Mapping[str, Any]) -> Any:
    """Return the notebook's variable as a dataset of that name, else the text: a file or dataset.

    A file wins over a variable of the same name.
    """
    if written not in namespace or Path(written).is_file():
        return written
    value = namespace[written]
    if isinstance(value, str | Path):  # a variable that holds a path, or a dataset's name
        return value
    return load(value, written)


def _named(name: str, namespace: Mapping[str, Any]) -> Any:
    return namespace[name] if name in namespace else _read(name, f"@{name}")


def _read(written: str, what: str) -> str:
    path = expanded(written)
    if not path.exists():
        raise UsageError(f"{what}: there is no variable and no file {written[:80]!r}.")
    content = read_limited(path, MAX_FILE_BYTES)
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{what}: {written} is over {MAX_FILE_BYTES // 1024**2} MB.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{what}: {written} is no UTF-8 text.") from None
