"""The declarations of ``inputs:``, brought into one form: a small part of JSON Schema.

``pattern`` is left out on purpose: a regular expression can run for hours on a text made for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import plain, refuse_unknown, whole_numbers
from llmops_magics.prompts.sandbox import ENVIRONMENT
from llmops_magics.prompts.value import TYPE_WORDS, why_not

MAX_INPUTS = 200
MAX_ENUM = 1_000
MAX_ITEMS_DEPTH = 5
TYPES = ("string", "integer", "number", "boolean", "array", "object")
# Each keyword, with the types it says something about.
KEYWORDS: dict[str, tuple[str, ...]] = {
    "type": TYPES,
    "enum": TYPES,
    "minLength": ("string",),
    "maxLength": ("string",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "minItems": ("array",),
    "maxItems": ("array",),
    "items": ("array",),
    "default": TYPES,
    "description": TYPES,
}
_PAIRS = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"))
_RESERVED = frozenset(
    [
        *("true", "false", "none", "True", "False", "None"),
        *("not", "and", "or", "in", "is", "if", "else", "loop", "self"),
        *("caller", "varargs", "kwargs"),  # set inside a macro
        *ENVIRONMENT.globals,  # would be read although no variable is given
    ]
)


def normalise_inputs(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the declarations of ``inputs:``, each as a JSON Schema; ``q: string`` is short.

    Raises ``PromptSyntaxError`` for a name that no template can read, an unknown keyword, and a
    default or an enum value that is not what the declaration itself asks for.
    """
    if len(raw) > MAX_INPUTS:
        raise PromptSyntaxError(f"The prompt declares over {MAX_INPUTS} variables.")
    return {_check_name(str(name)): _declare(str(name), raw[name]) for name in raw}


def _check_name(name: str) -> str:
    if not (name.isidentifier() and name.isascii()) or name in _RESERVED or name[0] == "_":
        raise PromptSyntaxError(
            f"`inputs` declares {name[:80]!r}, which no template can read.",
            hint="A variable has letters, digits and `_`, begins with a letter, and is no word of "
            "the template language or of its functions (such as `range`).",
        )
    return name


def _declare(name: str, raw: Any, depth: int = 0) -> dict[str, Any]:
    what = f"The input {name!r}"
    if depth > MAX_ITEMS_DEPTH:
        raise PromptSyntaxError(f"{what} has `items` over {MAX_ITEMS_DEPTH} levels deep.")
    raw = {} if raw is None else {"type": raw} if isinstance(raw, str) else raw
    if not isinstance(raw, Mapping):
        raise PromptSyntaxError(
            f"{what} is a {type(raw).__name__}.",
            hint=f"Write a type ({', '.join(TYPES)}) or a mapping with `type`.",
        )
    raw = _translate(raw, name)
    refuse_unknown(raw, KEYWORDS, f"in the input {name!r}")
    schema = {key: _KEYS.get(key, plain)(raw[key], f"`{key}` of the input {name!r}") for key in raw}
    _check_applies(schema, what)
    if "items" in schema:
        schema["items"] = _declare(f"{name}[]", schema["items"], depth + 1)
    values = [("An enum value", value) for value in schema.get("enum", ())]
    if "default" in schema:
        values.append(("The default", schema["default"]))
    for which, value in values:
        reason = why_not(schema, value)
        if reason:
            raise PromptSyntaxError(f"{which} of the input {name!r} {reason}.")
    return schema


def read_samples(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the samples that stand inside declarations, as older Prompty files have them."""
    return {
        str(name): declared["sample"]
        for name, declared in raw.items()
        if isinstance(declared, Mapping) and "sample" in declared
    }


def _translate(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Bring Prompty's words into ours: ``kind``, ``required`` and ``sample`` of an input."""
    ours = {str(key): value for key, value in raw.items() if key not in ("kind", "sample")}
    if "kind" in raw and "type" not in raw:
        ours["type"] = "number" if raw["kind"] == "float" else raw["kind"]
    if ours.pop("required", True) is False and "default" not in ours:
        raise PromptSyntaxError(
            f"The input {name!r} is not required and has no default.",
            hint="Give it one: what is rendered without it.",
        )
    return ours


def _check_applies(schema: Mapping[str, Any], what: str) -> None:
    kind = schema.get("type")
    for key in schema:
        if key in ("type", "enum", "default", "description"):
            continue
        if kind not in KEYWORDS[key]:
            raise PromptSyntaxError(
                f"{what} has `{key}`, which says nothing of "
                f"{TYPE_WORDS.get(str(kind), 'any value')}.",
                hint=f"It needs type: {' or '.join(KEYWORDS[key])}.",
            )
    for low, high in _PAIRS:
        if low in schema and high in schema and schema[low] > schema[high]:
            raise PromptSyntaxError(f"{what} has a `{low}` above its `{high}`.")


def _type(value: Any, what: str) -> str:
    if value not in TYPES:
        close = difflib.get_close_matches(str(value), TYPES, n=1, cutoff=0.3)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise PromptSyntaxError(
            f"{what} is {str(value)[:60]!r}.{meant}", hint=f"Known types: {', '.join(TYPES)}."
        )
    return str(value)


def _enum(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ENUM:
        raise PromptSyntaxError(f"{what} is no list of 1 to {MAX_ENUM:,} values.")
    return list(_default(value, what))


def _default(value: Any, what: str) -> Any:
    """Return a value in its one form, so that ``1`` and ``1.0`` have the same digest."""
    return whole_numbers(plain(value, what))


def _count(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PromptSyntaxError(f"{what} must be a whole number of 0 or more.")
    return value


def _bound(value: Any, what: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PromptSyntaxError(f"{what} must be a number.")
    return whole_numbers(plain(value, what))  # type: ignore[no-any-return]


def _words(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise PromptSyntaxError(f"{what} is no text.", hint="Put it in quotes.")
    return value


_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "type": _type,
    "enum": _enum,
    "default": _default,
    "description": _words,
    "minimum": _bound,
    "maximum": _bound,
    "items": lambda value, _: value,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
}
