"""json_schema: is the answer JSON that the expected schema accepts? An assertion.

``expected`` is a JSON schema, as an object or as its text. The whole answer must be JSON by
RFC 8259: no Markdown fence, no NaN, nothing before or after. The reason says what is wrong, and
where. A schema that is none, or that refers to another document (nothing is ever fetched), is a
missing score.
"""

from __future__ import annotations

import json
from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.text import shorten

NAME = "json_schema"


def _judge(context: ScorerContext) -> Score:
    try:
        schema = _read_schema(context.expected)
        document = read_json(context.output)
        fault = find_fault(document, schema)
    except ScorerError as error:
        return missing(NAME, error.message)
    except ValueError as error:
        return Score(scorer=NAME, value=False, reason=str(error))
    return Score(scorer=NAME, value=not fault, reason=fault)


def read_json(text: str) -> Any:
    """Return the document that ``text`` is; raises ``ValueError`` saying why it is none."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
    except ValueError as error:
        if text.strip().startswith("```"):
            raise ValueError("the answer is wrapped in a Markdown fence") from error
        raise ValueError(f"the answer is not JSON: {error}") from error


def find_fault(document: Any, schema: dict[str, Any] | bool) -> str:
    """Return the first fault of ``document`` and where it is, "" where the schema accepts it.

    Raises ``ScorerError`` for a schema that cannot be used.
    """
    from jsonschema import SchemaError
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator: Any = validator_for(schema)
    try:
        validator.check_schema(schema)
        offline: Any = Registry()
        fault = best_match(validator(schema, registry=offline).iter_errors(document))
    except SchemaError as error:
        raise ScorerError(f"the expected JSON schema is wrong: {shorten(error.message)}") from error
    except Unresolvable as error:
        raise ScorerError(f"the expected JSON schema refers to {error.ref!r}, not in it") from error
    except RecursionError as error:
        raise ScorerError("the expected JSON schema refers to itself without an end") from error
    return "" if fault is None else f"{fault.json_path}: {shorten(fault.message)}"


def _read_schema(expected: Any) -> dict[str, Any] | bool:
    try:
        schema = json.loads(expected) if isinstance(expected, str) else expected
    except ValueError as error:
        raise ScorerError(f"the expected value is not a JSON schema: {error}") from error
    if not isinstance(schema, dict | bool):
        raise ScorerError(f"the expected value is a {type(schema).__name__}, not a JSON schema")
    return schema


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not allowed")


SCORER = BuiltIn(NAME, frozenset({"expected"}), _judge, (__name__,))
