"""code_syntax: is the answer code that parses? An assertion; needs nothing.

``language`` is python (the grammar of the running interpreter), json, toml or yaml. Fenced blocks
of the answer are read if it has any (each must parse), else all of it; ``fenced=false`` wants
nothing but code. Nothing is executed or imported: a name that does not exist passes. Nearly any
text is YAML, so a document that is a single text does not pass as such. Over ``TEXT_LIMIT``
characters, or nested too deeply to be read, the score is missing; an empty answer does not pass.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.fence import code_of
from llmops_magics.evals.scorers.json_schema import read_json
from llmops_magics.evals.scorers.parameter import choice, flag
from llmops_magics.evals.scorers.text import shorten

TEXT_LIMIT = 100_000
MAX_DEPTH = 200


def _parse_python(code: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as an invalid escape in a text
        ast.parse(code)


def _parse_toml(code: str) -> None:
    """Read TOML; the reader's time explodes with the parts of a key (``a.a.a ...``)."""
    import tomllib

    if any(piece.count(".") > MAX_DEPTH for piece in re.split(r"[=,{}\[\]\n]", code)):
        raise RecursionError
    tomllib.loads(code)


def _parse_yaml(code: str) -> None:
    """Read the events only: no object is made, no alias followed.

    The reader's time grows with the square of the depth, so it stops at ``MAX_DEPTH``.
    """
    import yaml

    loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = deepest = 0
    try:
        for event in yaml.parse(code, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            deepest = max(depth, deepest)
            if depth > MAX_DEPTH:
                raise RecursionError
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if not deepest:
        raise ValueError("a single text is no YAML mapping or list")


def _parse_json(code: str) -> None:
    read_json(code)


PARSERS: dict[str, Callable[[str], None]] = {
    "python": _parse_python,
    "json": _parse_json,
    "toml": _parse_toml,
    "yaml": _parse_yaml,
}


def find_code_fault(code: str, language: str = "python") -> str:
    """Return what is wrong with a text as code, "" where it parses.

    Raises ``RecursionError`` or ``MemoryError`` for what is nested too deeply.
    """
    if not code.strip():
        return "there is no code"
    try:
        PARSERS[language](code)
    except SyntaxError as error:
        return shorten(f"{error.msg} (line {error.lineno})")
    except ValueError as error:
        return shorten(str(error))
    return ""


def make(*, language: str = "python", fenced: bool = True) -> BuiltIn:
    """Return the scorer for a language."""
    choice("language", language, list(PARSERS))
    flag("fenced", fenced)

    def judge(context: ScorerContext) -> Score:
        if len(context.output) > TEXT_LIMIT:
            return missing("", f"the answer is longer than {TEXT_LIMIT} characters")
        blocks = code_of(context.output) if fenced else [context.output]
        try:
            fault = next((f for block in blocks if (f := find_code_fault(block, language))), "")
        except (RecursionError, MemoryError):
            return missing("", "the code is nested too deeply to be read")
        return Score(scorer="", value=not fault, reason=fault)

    sources = (
        __name__,
        "llmops_magics.evals.scorers.fence",
        "llmops_magics.evals.scorers.json_schema",
    )
    settings = settle({"language": language, "fenced": fenced})
    return BuiltIn("code_syntax", frozenset(), judge, sources, settings)


SCORER = make()
