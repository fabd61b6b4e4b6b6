"""The conditions of ``--where``: a small grammar of its own, which becomes bound SQL, never text.

::

    condition   = all { "or" all }
    all         = one { "and" one }
    one         = "not" one | "(" condition ")" | FIELD OPERATOR VALUE
    OPERATOR    = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~"      (~ is "contains")
    VALUE       = a word, a number, or a text in quotes

Numbers: latency_ms, cost_usd, tokens, input_tokens, output_tokens, calls, spans, errors, cell.
Texts: name, status, notebook, id; and model, prompt, run, session, user, failure, which hold if any
of a trace's does. A prompt without version means all of its versions. Times: started.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Float, and_, cast, func, literal, not_, or_

from llmops_magics.errors import UsageError
from llmops_magics.record import to_jsonable
from llmops_magics.storage.table import trace
from llmops_magics.tracing.moment import moment_ns

MAX_CHARS = 2_000
MAX_DEPTH = 40
_TOKEN = re.compile(
    r"(?<!\s)\s*+(?:(?P<open>\()|(?P<close>\))|(?P<operator>>=|<=|!=|=|>|<|~)"
    r"|\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<word>[^\s()<>=!~\"']+))"
)
_FORM = 'Write it as in --where "latency_ms > 2000 and model = openai/gpt-4.1-mini".'

NUMBERS: dict[str, ColumnElement[Any]] = {
    "latency_ms": trace.c.latency_ms,
    "cost_usd": cast(trace.c.cost_usd, Float),
    "tokens": trace.c.input_tokens + trace.c.output_tokens,
    "input_tokens": trace.c.input_tokens,
    "output_tokens": trace.c.output_tokens,
    "calls": trace.c.call_count,
    "spans": trace.c.span_count,
    "errors": trace.c.error_count,
    "cell": trace.c.cell,
}
TEXTS: dict[str, ColumnElement[Any]] = {
    "name": trace.c.name,
    "status": trace.c.status,
    "notebook": trace.c.notebook,
    "id": trace.c.trace_id,
}
LISTS: dict[str, ColumnElement[Any]] = {
    "model": trace.c.models,
    "prompt": trace.c.prompts,
    "run": trace.c.runs,
    "session": trace.c.sessions,
    "user": trace.c.users,
    "failure": trace.c.failures,
}
TIMES: dict[str, ColumnElement[Any]] = {"started": trace.c.started_ns}
FIELDS = (*NUMBERS, *TEXTS, *LISTS, *TIMES)

_ORDERS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
}


class _Token(NamedTuple):
    kind: str  # open, close, operator, word or text
    text: str


def parse_condition(text: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition on a row of the table ``trace``; raises ``UsageError``."""
    if len(text) > MAX_CHARS:
        raise UsageError(f"--where has {len(text):,} characters; {MAX_CHARS:,} are the most.")
    return _Parser(_tokens(text), dialect).parse()


def compare(field: str, operator: str, value: str, dialect: str) -> ColumnElement[bool]:
    """Return one comparison; raises ``UsageError`` for what cannot be compared so."""
    value = str(to_jsonable(value.replace("\x00", "")))  # as no database could take it
    if field in LISTS:
        return _in_list(field, operator, value, dialect)
    if field in TEXTS:
        return _in_text(field, operator, value, dialect)
    if field in TIMES:
        return _ordered(TIMES[field], field, operator, moment_ns(value))
    if field not in NUMBERS:
        raise UsageError(f"There is no {field!r} to ask for.", hint=f"Known: {', '.join(FIELDS)}.")
    try:
        number = float(value.removeprefix("$"))
    except ValueError:
        raise UsageError(f"{field} is compared with a number, not with {value!r}.") from None
    return _ordered(NUMBERS[field], field, operator, number)


def _ordered(column: Any, field: str, operator: str, value: float) -> ColumnElement[bool]:
    if operator not in _ORDERS:
        raise UsageError(f"{field} has no {operator!r}.", hint=f"Use {' '.join(_ORDERS)}.")
    return _ORDERS[operator](column, value)


def _in_text(field: str, operator: str, value: str, dialect: str) -> ColumnElement[bool]:
    column = TEXTS[field]
    if operator == "~":
        return _holds(func.lower(column), value.lower(), dialect)
    if operator not in ("=", "!="):
        raise UsageError(f"{field} is a text: use =, != or ~.")
    return _ORDERS[operator](column, value)


def _in_list(field: str, operator: str, value: str, dialect: str) -> ColumnElement[bool]:
    column, quoted = LISTS[field], json.dumps(value)
    if operator == "~":
        return _holds(func.lower(column), quoted[1:-1].lower(), dialect)
    if operator not in ("=", "!="):
        raise UsageError(f"{field} is a text: use =, != or ~.")
    found = _holds(column, quoted, dialect)
    if field == "prompt" and "@" not in value:
        found = or_(found, _holds(column, quoted[:-1] + "@", dialect))
    return found if operator == "=" else not_(found)


def _holds(column: ColumnElement[Any], part: str, dialect: str) -> ColumnElement[bool]:
    """Tell whether a text is part of a column, by letter: LIKE would take % and _ for more."""
    position = func.strpos if dialect == "postgresql" else func.instr
    found: ColumnElement[bool] = position(column, literal(part)) > 0
    return found


def _tokens(text: str) -> list[_Token]:
    tokens, end = [], 0
    text = text.strip()
    while end < len(text):
        match = _TOKEN.match(text, end)
        if match is None:
            raise UsageError(
                f"--where cannot be read from {text[end:].strip()[:40]!r}.", hint=_FORM
            )
        kind = str(match.lastgroup)
        value = match[kind]
        tokens.append(_Token("text" if kind in ("double", "single") else kind, value))
        end = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens, as deep as parentheses may reasonably go."""

    def __init__(self, tokens: Sequence[_Token], dialect: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._dialect = dialect

    def parse(self) -> ColumnElement[bool]:
        found = self._any()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return found

    def _any(self) -> ColumnElement[bool]:
        parts = [self._all()]
        while self._take_word("or"):
            parts.append(self._all())
        return or_(*parts) if len(parts) > 1 else parts[0]

    def _all(self) -> ColumnElement[bool]:
        parts = [self._one()]
        while self._take_word("and"):
            parts.append(self._one())
        return and_(*parts) if len(parts) > 1 else parts[0]

    def _one(self) -> ColumnElement[bool]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UsageError("--where is nested too deeply.")
        if self._take_word("not"):
            found: ColumnElement[bool] = not_(self._one())
        elif self._peek().kind == "open":
            self._at += 1
            found = self._any()
            self._take("close")
        else:
            field = self._take("word").text
            operator = self._take("operator").text
            value = self._take("word", "text").text
            found = compare(field.lower(), operator, value, self._dialect)
        self._depth -= 1
        return found

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token("end", "its end")

    def _take(self, *kinds: str) -> _Token:
        token = self._peek()
        if token.kind not in kinds:
            raise self._unexpected()
        self._at += 1
        return token

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        if token.kind == "word" and token.text.lower() == word:
            self._at += 1
            return True
        return False

    def _unexpected(self) -> UsageError:
        return UsageError(f"--where cannot be read at {self._peek().text[:40]!r}.", hint=_FORM)
