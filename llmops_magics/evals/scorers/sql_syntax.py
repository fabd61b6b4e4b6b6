"""sql_syntax: is the answer SQL that parses? An assertion; needs sqlglot (``[metrics]``).

Fenced blocks of the answer are read if it has any, else all of it; ``fenced=false`` wants nothing
but SQL. ``dialect`` is one of sqlglot's (postgres, mysql, sqlite, bigquery, snowflake, tsql, ...),
its own mixture of all when none is given. Nothing is executed and no schema is known: a column
that does not exist passes.

sqlglot is made to translate, and is more lenient than a database: ``SELECT FROM t`` and
``SELECT a,, b FROM t`` parse, and of commands it does not know (VACUUM, EXPLAIN) only the first
word is checked. An expression that is no statement (``1 + 1``, a word of prose) does not pass.
Over ``TEXT_LIMIT`` characters, or nested too deeply to be read, the score is missing.
"""

from __future__ import annotations

import logging
from typing import Any

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.fence import code_of
from llmops_magics.evals.scorers.parameter import choice, flag, library
from llmops_magics.evals.scorers.text import shorten

TEXT_LIMIT = 100_000


def find_sql_fault(sql: str, dialect: str = "") -> str:
    """Return what is wrong with a text as SQL, "" where it parses; may raise RecursionError."""
    from sqlglot import ErrorLevel, exp, parse
    from sqlglot.errors import SqlglotError

    log = logging.getLogger("sqlglot")
    was_disabled, log.disabled = log.disabled, True  # it warns of commands it does not know
    try:
        statements = parse(sql, read=dialect or None, error_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
        first = details[0]
        where = f" (line {first['line']}, column {first['col']})" if first.get("line") else ""
        return shorten(f"{first.get('description') or error}{where}")
    finally:
        log.disabled = was_disabled
    kept = [statement for statement in statements if statement is not None]
    if not kept:
        return "there is no statement"
    other = next((s for s in kept if isinstance(s, exp.Condition | exp.Alias)), None)
    return "" if other is None else f"{shorten(str(other.sql()), 60)!r} is no statement"


def make(*, dialect: str = "", fenced: bool = True) -> BuiltIn:
    """Return the scorer for a dialect; raises ``ScorerError`` where sqlglot is not installed."""
    version = library("sqlglot", "sql_syntax")
    if dialect:
        from sqlglot.dialects import Dialects

        choice("dialect", dialect, [each.value for each in Dialects if each.value])
    flag("fenced", fenced)

    def judge(context: ScorerContext) -> Score:
        if len(context.output) > TEXT_LIMIT:
            return missing("", f"the answer is longer than {TEXT_LIMIT} characters")
        blocks = code_of(context.output) if fenced else [context.output]
        try:
            fault = next((f for block in blocks if (f := find_sql_fault(block, dialect))), "")
        except RecursionError:
            return missing("", "the SQL is nested too deeply to be read")
        return Score(scorer="", value=not fault, reason=fault)

    sources = (__name__, "llmops_magics.evals.scorers.fence")
    settings = settle({"dialect": dialect, "fenced": fenced, "sqlglot": version})
    return BuiltIn("sql_syntax", frozenset(), judge, sources, settings)


SCORER = make()
