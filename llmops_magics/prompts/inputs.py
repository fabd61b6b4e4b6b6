"""Typed variables of a prompt: checked when it is registered and at every rendering."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError, RenderError
from llmops_magics.prompts.declaration import normalise_inputs
from llmops_magics.prompts.value import TYPE_WORDS, describe, show, why_not

__all__ = ["check_declared", "check_sample", "coerce", "describe", "fill", "normalise_inputs"]


def check_declared(read: Iterable[str], inputs: Mapping[str, Any], given: Iterable[str]) -> None:
    """Refuse a variable that a template reads and ``inputs`` does not declare.

    ``given`` are names that something else fills.
    """
    unknown = sorted(set(read) - set(inputs) - set(given)) if inputs else []
    if unknown:
        raise PromptSyntaxError(
            f"The variable {unknown[0]!r} is read but not declared under `inputs`."
            f"{_meant(unknown[0], inputs)}",
            hint=f"Declared: {', '.join(inputs)}.",
        )


def check_sample(sample: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse sample values that a rendering would refuse."""
    for name in sample if inputs else ():
        if name not in inputs:
            raise PromptSyntaxError(
                f"`sample` gives {name!r}, which `inputs` does not declare.{_meant(name, inputs)}"
            )
        reason = why_not(inputs[name], sample[name])
        if reason:
            raise PromptSyntaxError(f"The sample of {name!r} {reason}.")


def fill(
    inputs: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
    *,
    required: Iterable[str],
    strict: bool = True,
) -> dict[str, Any]:
    """Return the variables of a rendering, defaults among them, each as its declaration asks.

    ``required`` are the names that templates read. With ``strict`` a variable that is not
    declared is refused, else it is dropped. Raises ``RenderError``.
    """
    extra = [name for name in variables if name not in inputs]
    if extra and strict:
        raise RenderError(
            f"The variable {extra[0]!r} is not one of the prompt's.{_meant(extra[0], inputs)}",
            hint=f"Its inputs: {', '.join(inputs)}.",
        )
    defaults = {name: schema["default"] for name, schema in inputs.items() if "default" in schema}
    values = defaults | {name: variables[name] for name in inputs if name in variables}
    for name in required:
        if name in inputs and name not in values:
            raise RenderError(
                f"The variable {name!r} is missing: {describe(inputs[name])}.",
                hint=f"Given: {', '.join(map(str, variables)) or 'none'}.",
            )
    for name in variables:
        reason = name in inputs and why_not(inputs[name], variables[name])
        if reason:
            raise RenderError(f"The variable {name!r} {reason}.", hint=_wanted(inputs[name]))
    return values


def coerce(schema: Mapping[str, Any], text: str) -> Any:
    """Read a text, as a command line gives it, as the declared type; raises ``RenderError``."""
    kind = schema.get("type", "")
    if kind not in _READ:
        return next((v for v in schema.get("enum", ()) if str(v) == text), text)
    try:
        return _READ[kind](text)
    except (ValueError, TypeError, RecursionError) as error:
        raise RenderError(
            f"{show(text)} is not {TYPE_WORDS[kind]}.",
            hint="Write it as JSON." if kind in ("array", "object") else "",
        ) from error


def _wanted(schema: Mapping[str, Any]) -> str:
    return f"Declared: {describe(schema)}."


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _integer(text: str) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> int | float:
    if re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", text):
        return int(text)
    if not re.fullmatch(r"\s*[+-]?[0-9]{0,400}\.?[0-9]{0,400}(?:[eE][+-]?[0-9]{1,3})?\s*", text):
        raise ValueError(text)
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError(text)
    return word in ("true", "yes", "1")


def _refuse(text: str) -> Any:
    raise ValueError(text)  # NaN and Infinity are no JSON


def _json(kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = json.loads(text, parse_constant=_refuse)
        if not isinstance(value, kind):
            raise TypeError(text)
        return value

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _json(list),
    "object": _json(dict),
}
