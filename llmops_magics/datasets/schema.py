"""The JSON schema of a dataset's cases: inferred from them, and binding once it is set by hand.

The schema is that of one flat object: each input by its name, and ``expected`` where a case has
one. An inferred schema describes: of what is added later it binds the types alone, and its lists
of values and required fields grow with the cases. A schema that was set binds in full.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.datasets.case import Case
from llmops_magics.errors import DatasetError
from llmops_magics.redaction import redact

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_SCHEMA_CHARS = 1_000_000
MAX_ENUM = 12  # "few values": at most so many, each seen thrice on average
_ENUM_CASES = 3
_ENUM_CHARS = 60
_SHOWN = 5
_MAX_DEPTH = 50
_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_REFUSED = {
    "pattern": "a regular expression can run for hours on a text made for it",
    "patternProperties": "a regular expression can run for hours on a text made for it",
    "$dynamicRef": "it may lead anywhere",
}
_NAMES = {"properties", "$defs", "definitions", "dependentSchemas"}
_DATA = {"enum", "const", "default", "examples"}


class Breach(NamedTuple):
    """A case that is not what the schema says: its row from 1, its id, the field and why."""

    row: int
    case_id: str
    field: str
    reason: str


def flat(case: Case) -> dict[str, Any]:
    """Return the object that a schema speaks of."""
    if case.expected is None:
        return case.inputs
    return {**case.inputs, "expected": case.expected}


def infer_schema(cases: Sequence[Case]) -> dict[str, Any]:
    """Return a schema that every one of these cases fits."""
    columns: dict[str, _Column] = {}
    for case in cases:
        for name, value in case.inputs.items():
            columns.setdefault(name, _Column()).see(value)
        if case.expected is not None:
            columns.setdefault("expected", _Column()).see(case.expected)
    required = sorted(name for name, column in columns.items() if column.count == len(cases))
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {name: columns[name].schema() for name in sorted(columns)},
        "required": required,
    }


def check_schema(schema: Any) -> dict[str, Any]:
    """Return a schema that may bind a dataset; raises ``DatasetError`` for any other."""
    from jsonschema import Draft202012Validator, SchemaError

    if not isinstance(schema, Mapping):
        raise DatasetError(f"A schema is a JSON object, not a {type(schema).__name__}.")
    try:
        text = json.dumps(schema, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DatasetError(f"The schema is no JSON: {error}.") from None
    if len(text) > MAX_SCHEMA_CHARS:
        raise DatasetError(f"The schema is over {MAX_SCHEMA_CHARS // 1_000_000} MB.")
    plain: dict[str, Any] = json.loads(text)
    _refuse_dangerous(plain)
    try:
        Draft202012Validator.check_schema(plain)
    except (SchemaError, RecursionError) as error:
        reason = getattr(error, "message", "it is nested too deep")
        raise DatasetError(f"That is no JSON schema: {reason[:200]}.") from None
    return plain


def breaches(cases: Iterable[Case], schema: Mapping[str, Any], *, is_set: bool) -> Iterator[Breach]:
    """Yield what breaks a schema: all of one that was set, the types of an inferred one."""
    if is_set:
        yield from _full(cases, schema)
        return
    kinds = {
        name: _widened(column.get("type")) for name, column in schema.get("properties", {}).items()
    }
    for row, case in enumerate(cases, 1):
        for name, value in flat(case).items():
            allowed = kinds.get(name)
            if allowed and _kind(value) not in allowed:
                wanted = " or ".join(_WORDS[kind] for kind in sorted(allowed - {"null"}))
                yield Breach(row, case.id, name, f"is {_shown(value)}, but must be {wanted}")


def refuse_breaches(cases: Sequence[Case], schema: Mapping[str, Any], *, is_set: bool) -> None:
    """Raise ``DatasetError`` that names the first rows and fields that break a schema."""
    found, count = [], 0
    for breach in breaches(cases, schema, is_set=is_set):
        count += 1
        if count <= _SHOWN:
            found.append(breach)
    if not found:
        return
    lines = "; ".join(f"row {b.row} ({b.case_id}), field {b.field!r} {b.reason}" for b in found)
    more = f"; and {count - _SHOWN:,} more" if count > _SHOWN else ""
    raise DatasetError(
        f"The schema refuses {lines}{more}.",
        hint="Mend the rows, or change the schema with `schema NAME --set FILE`.",
    )


def _full(cases: Iterable[Case], schema: Mapping[str, Any]) -> Iterator[Breach]:
    validator = _validator(schema)
    for row, case in enumerate(cases, 1):
        instance = flat(case)
        try:
            if validator.is_valid(instance):
                continue
            errors = list(validator.iter_errors(instance))
        except RecursionError:
            raise DatasetError("The schema refers to itself without end.") from None
        for error in errors:
            field = str(error.absolute_path[0]) if error.absolute_path else _missing(error)
            yield Breach(row, case.id, field, _reason(error))


def _validator(schema: Mapping[str, Any]) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(dict(schema))


def _missing(error: ValidationError) -> str:
    if error.validator == "required" and isinstance(error.validator_value, list):
        instance: Any = error.instance
        absent = [name for name in error.validator_value if name not in instance]
        return ", ".join(map(str, absent[:_SHOWN]))
    return "(the case)"


def _reason(error: ValidationError) -> str:
    if error.validator == "required":
        return "is missing"
    path = "".join(f"[{part!r}]" for part in list(error.absolute_path)[1:])
    wanted: Any = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        wanted_words = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
        return f"{path}is {_shown(error.instance)}, but must be {wanted_words}"
    if error.validator == "enum":
        shown = ", ".join(repr(value)[:_ENUM_CHARS] for value in wanted[:MAX_ENUM])
        return f"{path}is {_shown(error.instance)}, but must be one of {shown}"
    limit = str(wanted)[:_ENUM_CHARS]
    return f"{path}is {_shown(error.instance)}, against `{error.validator}: {limit}`"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        masked = redact(value)
        return repr(masked if len(masked) <= _ENUM_CHARS else f"{masked[: _ENUM_CHARS - 1]}…")
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value):,}"
    return str(value)[:_ENUM_CHARS]


def _refuse_dangerous(schema: Any, depth: int = 0) -> None:
    """Refuse words that could fetch, or run without end."""
    if depth > _MAX_DEPTH:
        raise DatasetError(f"The schema is nested over {_MAX_DEPTH} levels.")
    if isinstance(schema, list):
        for item in schema:
            _refuse_dangerous(item, depth + 1)
    if not isinstance(schema, dict):
        return
    for word, value in schema.items():
        if word in _REFUSED:
            raise DatasetError(
                f"The schema has {word!r}: {_REFUSED[word]}.", hint="Use enum or maxLength."
            )
        if word == "$ref" and not str(value).startswith("#"):
            raise DatasetError(
                f"The schema refers to {str(value)[:80]!r}.",
                hint="Put it under $defs and refer there.",
            )
        if word in _NAMES and isinstance(value, dict):
            _refuse_dangerous(list(value.values()), depth + 1)  # the keys are names, not words
        elif word not in _DATA:
            _refuse_dangerous(value, depth + 1)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _widened(kinds: Any) -> set[str]:
    allowed = {kinds} if isinstance(kinds, str) else set(kinds or ())
    if not allowed - {"null"}:
        return set()
    if allowed & {"integer", "number"}:
        allowed |= {"integer", "number"}
    return allowed | {"null"}


class _Column:
    """What was seen of one column."""

    def __init__(self) -> None:
        self.count = 0
        self._kinds: set[str] = set()
        self._values: dict[str, int] | None = {}

    def see(self, value: Any) -> None:
        self.count += 1
        kind = _kind(value)
        self._kinds.add(kind)
        if self._values is None:
            return
        if kind != "string" or len(value) > _ENUM_CHARS:
            self._values = None
        else:
            self._values[value] = self._values.get(value, 0) + 1
            if len(self._values) > MAX_ENUM:
                self._values = None

    def schema(self) -> dict[str, Any]:
        kinds = self._kinds - ({"integer"} if "number" in self._kinds else set())
        ordered = sorted(kinds)
        declared: dict[str, Any] = {"type": ordered[0] if len(ordered) == 1 else ordered}
        if self._values and self.count >= _ENUM_CASES * len(self._values):
            declared["enum"] = sorted(self._values)
        return declared
