"""json_fields: which share of the expected fields has the answer? 0 to 1; needs ``expected``.

``expected`` is a JSON object or list, or its text, and the whole answer must be JSON too (what is
not scores 0). ``fields`` names those that count, as ``customer.address.city``, ``items[0].price``
or a JSON pointer (RFC 6901) ``/items/0/price``; without it every leaf of the expected document
does. A field is right when it has the same type and value; 1 and 1.0 are the same number, and
``tolerance`` allows numbers a difference. What the answer has besides does not count. The reason
names the fields that are wrong. A field that the expected document lacks is a missing score.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from llmops_magics.errors import ScorerError
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.json_schema import read_json
from llmops_magics.evals.scorers.parameter import number, texts
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.evals.scorers.wish import as_data

Path = tuple[str | int, ...]

MAX_FIELDS = 10_000
STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,9})\]")
ABSENT = object()


def read_path(field: str) -> Path:
    """Return the keys and positions of a field; raises ``ValueError`` for one that is malformed."""
    if field.startswith("/"):
        steps = field[1:].split("/")
        return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
    path: list[str | int] = []
    position = 0
    while position < len(field):
        step = STEP.match(field, position)
        if step is None or (position == 0 and field.startswith(".")):
            raise ValueError(f"{field!r} is no path such as customer.address or items[0].price")
        path.append(step[1] if step[1] is not None else int(step[2]))
        position = step.end()
    return tuple(path)


def find_field(document: Any, path: Path) -> Any:
    """Return what stands at a path, ``ABSENT`` where nothing does."""
    for step in path:
        if isinstance(document, list) and str(step).isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and str(step) in document:
            document = document[str(step)]
        else:
            return ABSENT
    return document


def leaves(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and value of everything that holds nothing else; empty ones are leaves."""
    if isinstance(document, dict) and document:
        for key, value in document.items():
            yield from leaves(value, (*path, key))
    elif isinstance(document, list) and document:
        for position, value in enumerate(document):
            yield from leaves(value, (*path, position))
    else:
        yield path, document


def is_same(ours: Any, theirs: Any, tolerance: float = 0.0) -> bool:
    """Compare JSON values: true is not 1, 1 is 1.0, and numbers may differ by ``tolerance``."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return ours == theirs or math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=tolerance)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            is_same(value, theirs[key], tolerance) for key, value in ours.items()
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(
            is_same(mine, yours, tolerance) for mine, yours in zip(ours, theirs, strict=True)
        )
    return type(ours) is type(theirs) and bool(ours == theirs)


def _wanted(expected: Any, paths: Sequence[tuple[str, Path]]) -> list[tuple[str, Path, Any]]:
    """Return (name, path, value) of the fields that count; raises ``ValueError``."""
    if not isinstance(expected, dict | list):
        raise ValueError("the expected value is no JSON object or list")  # noqa: TRY004
    if paths:
        wanted = [(name, path, find_field(expected, path)) for name, path in paths]
        absent = [name for name, _, value in wanted if value is ABSENT]
        if absent:
            raise ValueError(f"the expected document has no field {', '.join(absent[:5])}")
        return wanted
    wanted = [("/".join(map(str, path)), path, value) for path, value in leaves(expected)]
    if len(wanted) > MAX_FIELDS:
        raise ValueError(f"the expected document has more than {MAX_FIELDS} fields")
    return wanted


def make(*, fields: Any = (), tolerance: float = 0.0) -> BuiltIn:
    """Return the scorer for these fields; raises ``ScorerError``."""
    names, tolerance = texts("fields", fields), number("tolerance", tolerance)
    try:
        paths = [(name, read_path(name)) for name in names]
    except ValueError as error:
        raise ScorerError(f"The parameter fields is wrong: {error}.") from error

    def judge(context: ScorerContext) -> Score:
        try:
            wanted = _wanted(as_data(context.expected), paths)
        except (ValueError, RecursionError) as error:
            return missing("", str(error))
        try:
            answer = read_json(context.output)
            wrong = [n for n, p, v in wanted if not is_same(find_field(answer, p), v, tolerance)]
        except (ValueError, RecursionError) as error:
            return Score(scorer="", value=0.0, reason=str(error))
        reason = f"wrong or absent: {', '.join(wrong[:10])}" if wrong else ""
        return Score(scorer="", value=1 - len(wrong) / len(wanted), reason=shorten(reason))

    sources = (__name__, "llmops_magics.evals.scorers.json_schema")
    settings = settle({"fields": names, "tolerance": tolerance})
    return BuiltIn("json_fields", frozenset({"expected"}), judge, sources, settings)


SCORER = make()
