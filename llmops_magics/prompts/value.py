"""Whether a value is what a declared variable asks for, and in which words it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from llmops_magics.prompts.limit import MAX_INTEGER_BITS, MAX_VALUE_WEIGHT, too_large, weigh

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_INFINITE = float("inf")
TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def why_not(schema: Mapping[str, Any], value: Any) -> str:
    """Return what is wrong with a value, ``""`` if nothing is."""
    if "items" in schema and weigh(value) > MAX_VALUE_WEIGHT:
        raise too_large(value)
    try:
        error = next(iter(_validator(json.dumps(schema)).iter_errors(value)), None)
    except ValueError:  # its message would show a number too long to be written
        return f"is {show(value)}, which cannot be checked"
    return _reason(error) if error else ""


def describe(schema: Mapping[str, Any]) -> str:
    """Return a declaration in a few words: ``a text; one of 'kind', 'formal'``."""
    kind = TYPE_WORDS.get(str(schema.get("type")), "any value")
    if "enum" in schema:
        return f"{kind}, one of {_list(schema['enum'])}"
    return f"{kind} ({schema['description']})" if schema.get("description") else kind


@lru_cache(maxsize=512)
def _validator(schema: str) -> Validator:
    """Return the validator of a schema; Python's own kinds of list, mapping and number pass."""
    from jsonschema import Draft202012Validator, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "array": lambda _, v: isinstance(v, list | tuple),
            "object": lambda _, v: isinstance(v, Mapping),
            "number": lambda _, v: _is_number(v),
            "integer": lambda _, v: (
                not isinstance(v, bool)
                and (isinstance(v, Integral) or (isinstance(v, float) and v.is_integer()))
            ),
        }
    )
    kind: type[Validator] = validators.extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return kind(json.loads(schema))


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; NaN would pass every bound."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return bool(-_INFINITE < value < _INFINITE)  # type: ignore[operator]


def _reason(error: ValidationError) -> str:
    where = "".join(f"[{part!r}]" for part in error.absolute_path)
    lead = f"{where} " if where else ""
    wanted: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "type":
            return f"{lead}is {show(value)}, but must be {TYPE_WORDS.get(wanted, wanted)}"
        case "enum":
            return f"{lead}is {show(value)}, but must be one of {_list(wanted)}"
        case "minLength" if not value:
            return f"{lead}is empty"
        case "minLength":
            return f"{lead}has {len(value):,} characters; at least {wanted:,} are needed"
        case "maxLength":
            return f"{lead}has {len(value):,} characters; at most {wanted:,} are allowed"
        case "minItems":
            return f"{lead}has {len(value):,} items; at least {wanted:,} are needed"
        case "maxItems":
            return f"{lead}has {len(value):,} items; at most {wanted:,} are allowed"
        case "minimum":
            return f"{lead}is {show(value)}, but must be {wanted} or more"
        case _:
            return f"{lead}is {show(value)}, but must be {wanted} or less"


def show(value: Any) -> str:
    """Return a value as an error shows it: never long, and no method of an object is called."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:57]}…")
    if type(value) is int and value.bit_length() > MAX_INTEGER_BITS:
        return f"a number of {value.bit_length():,} bits"  # Python refuses to write it
    if value is None or type(value) in (bool, int, float):
        return str(value)[:60]
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value):,}"
    return f"a {type(value).__name__}"


def _list(values: Iterable[Any]) -> str:
    shown = [show(value) for value in values]
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")
