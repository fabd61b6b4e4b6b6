"""Read labelled queries: a JSONL file, a folder or pair of files as BEIR has them, or rows.

What cannot be meant (an empty query, an id twice, a grade that is no whole number) is an error
that names the line. What merely cannot be measured is left out and counted in ``remarks``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any, TypeAlias

from llmops_magics.errors import RetrievalError
from llmops_magics.record import digest
from llmops_magics.retrieval.measure.query import SYNTHETIC, Query, QuerySet, Relevant

Row: TypeAlias = "tuple[str, Mapping[str, Any]]"
MAX_BYTES = 256 * 1024 * 1024
MAX_WHOLE = 2**31 - 1  # of a grade or an offset
MAX_ID_CHARS = 200
NOT_SYNTHETIC = "not synthetic"
_MARK_CHARS = 12
_ID = ("id", "_id", "qid", "query_id")
_TEXT = ("text", "query", "question")
_QUERY_ID = ("qid", "query-id", "query_id")
_DOCUMENT_ID = ("document_id", "did", "corpus-id", "doc_id", "id")
_GRADE = ("grade", "rel", "score", "relevance")
_QUOTE = ("quote", "span")
_QRELS_NAMES = ("qrels.jsonl", "qrels.tsv", "qrels/test.tsv", "qrels.txt")


def read_queries(source: str | Path, qrels: str | Path | None = None) -> QuerySet:
    """Read a file with ``relevant`` in each line, or a folder or file with judgements beside it.

    Judgements are JSONL, BEIR's table with tabs, or TREC's four columns. Raises ``RetrievalError``.
    """
    path = Path(source)
    queries = path / "queries.jsonl" if path.is_dir() else path
    rows = list(json_rows(queries))
    name = path.resolve().name if path.is_dir() else path.stem
    beside = Path(qrels) if qrels is not None else None
    rows_are_bare = rows and all(isinstance(r, Mapping) and "relevant" not in r for _, r in rows)
    if beside is None and rows_are_bare:
        beside = _qrels_beside(queries)
    return read_rows(rows, name, judgements=None if beside is None else read_qrels(beside))


def read_rows(
    rows: Iterable[Row], name: str, judgements: Mapping[str, Sequence[Relevant]] | None = None
) -> QuerySet:
    """Build queries of rows, each with where it stands.

    With ``judgements`` they take the place of the rows' own.
    """
    read = _read(rows, name, judgements)
    judged = tuple(query for query in read if query.answers)
    remarks = []
    if len(judged) < len(read):
        remarks.append(
            f"{len(read) - len(judged):,} of {len(read):,} queries name nothing relevant: they are "
            "left out, as no metric is defined for them."
        )
    unknown = set(judgements or ()) - {query.id for query in read}
    if unknown:
        remarks.append(f"{len(unknown):,} queries have judgements and no text: left out.")
    if not judged:
        raise RetrievalError(
            f"no query of {name} names anything relevant.",
            hint="Give each a list `relevant`, or judgements in qrels.jsonl beside it.",
        )
    return QuerySet(name=name, queries=_told_apart(judged), remarks=tuple(remarks))


def read_questions(source: str | Path) -> QuerySet:
    """Read queries that need no judgements: JSONL, a folder with queries.jsonl, or a text file.

    Each line of a text file (``.txt``) is a query. Raises ``RetrievalError``.
    """
    path = Path(source)
    path = path / "queries.jsonl" if path.is_dir() else path
    name = path.resolve().parent.name if Path(source).is_dir() else path.stem
    if path.suffix.lower() == ".txt":
        lines = ((where, line.strip()) for where, line in _lines(path))
        rows: Iterable[Row] = ((where, {"id": _mark(line), "text": line}) for where, line in lines)
    else:
        rows = json_rows(path)
    return question_rows(rows, name)


def question_rows(rows: Iterable[Row], name: str) -> QuerySet:
    """Build queries of rows, judged or not, each with where it stands."""
    return QuerySet(name=name, queries=tuple(_read(rows, name, None)))


def numbered(rows: Iterable[Mapping[str, Any]], name: str) -> list[Row]:
    """Return rows with where they stand."""
    return [(f"{name}, row {number}", row) for number, row in enumerate(rows, 1)]


def read_qrels(path: Path) -> dict[str, list[Relevant]]:
    """Read judgements by query id from JSONL, a table with tabs and a head, or TREC's columns."""
    rows = json_rows(path) if path.suffix == ".jsonl" else _table_rows(path)
    found: dict[str, list[Relevant]] = {}
    for where, row in rows:
        query_id = _identifier(where, _first(row, _QUERY_ID), "query")
        found.setdefault(query_id, []).append(_relevant(where, row))
    return found


def _read(
    rows: Iterable[Row], name: str, judgements: Mapping[str, Sequence[Relevant]] | None
) -> list[Query]:
    read = [_query(where, row, judgements) for where, row in rows]
    _refuse_repeated([query.id for query in read], name)
    if not read:
        raise RetrievalError(f"{name} holds no queries.", hint="Give at least one.")
    return read


def _told_apart(queries: Sequence[Query]) -> tuple[Query, ...]:
    """Tag synthetic queries, and where they are mixed with others those too: a slice each."""
    if len({query.is_synthetic for query in queries}) < 2:
        return tuple(queries)
    return tuple(
        replace(query, tags=tuple(dict.fromkeys((*query.tags, _origin(query)))))
        for query in queries
    )


def _origin(query: Query) -> str:
    return SYNTHETIC if query.is_synthetic else NOT_SYNTHETIC


def _mark(text: str) -> str:
    return f"q-{digest(text).rpartition(':')[2][:_MARK_CHARS]}"


def _query(
    where: str, row: Mapping[str, Any], judgements: Mapping[str, Sequence[Relevant]] | None
) -> Query:
    if not isinstance(row, Mapping):
        raise RetrievalError(f"{where}: a query is an object, not a {type(row).__name__}.")
    identifier = _identifier(where, _first(row, _ID), "query")
    text = _first(row, _TEXT)
    if not isinstance(text, str) or not text.strip():
        raise RetrievalError(f"{where}: the query {identifier!r} has no text.", hint=_FORM)
    labels = labels_of(where, row) if judgements is None else judgements.get(identifier, ())
    return Query(
        id=identifier,
        text=text,
        tags=_tags(where, row.get("tags")),
        relevant=tuple(dict.fromkeys(labels)),
        is_synthetic=bool(row.get(SYNTHETIC) or row.get("is_synthetic")),
        group=str(row.get("group") or ""),
    )


def labels_of(where: str, row: Mapping[str, Any]) -> list[Relevant]:
    """Return the judgements in ``relevant`` of a row, none where it has none."""
    given = row.get("relevant")
    if given is None:
        return []
    if isinstance(given, str | Mapping):
        given = [given]
    if not isinstance(given, Sequence):
        raise RetrievalError(f"{where}: `relevant` is a {type(given).__name__}.", hint=_FORM)
    return [_relevant(where, {"id": each} if _is_plain(each) else each) for each in given]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _relevant(where: str, row: Any) -> Relevant:
    if not isinstance(row, Mapping):
        raise RetrievalError(f"{where}: a judgement is an object or an id.", hint=_FORM)
    start, end = (_whole(where, name, row.get(name)) for name in ("start", "end"))
    if (start is None) != (end is None):
        raise RetrievalError(f"{where}: a span needs `start` and `end`.", hint=_FORM)
    quote = _first(row, _QUOTE)
    grade = _whole(where, "grade", _first(row, _GRADE))
    return Relevant(
        document_id=_identifier(where, _first(row, _DOCUMENT_ID), "document"),
        grade=1 if grade is None else grade,
        start=start,
        end=end,
        quote=quote if isinstance(quote, str) and start is not None else "",
    )


def _whole(where: str, name: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = nan
    if isinstance(value, bool) or not number.is_integer() or abs(number) > MAX_WHOLE:
        raise RetrievalError(f"{where}: `{name}` is {value!r:.40}, no whole number.")
    return int(number)


def _identifier(where: str, value: Any, what: str) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of integers beside a missing one
    text = "" if value is None or isinstance(value, bool | float) else str(value).strip()
    if not text or len(text) > MAX_ID_CHARS or not text.isprintable():
        raise RetrievalError(f"{where}: {value!r:.60} cannot be the id of a {what}.", hint=_FORM)
    return text


def _tags(where: str, value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value or ()
    if not isinstance(given, Sequence) or not all(isinstance(tag, str) for tag in given):
        raise RetrievalError(f"{where}: `tags` is no list of texts.", hint=_FORM)
    return tuple(dict.fromkeys(tag.strip() for tag in given if tag.strip()))


def _refuse_repeated(ids: Sequence[str], name: str) -> None:
    seen: set[str] = set()
    twice = sorted({each for each in ids if each in seen or seen.add(each)})  # type: ignore[func-returns-value]
    if twice:
        more = f" and {len(twice) - 5:,} more" if len(twice) > 5 else ""
        raise RetrievalError(
            f"{name} has the same query id twice: {', '.join(twice[:5])}{more}.",
            hint="Give every query an id of its own.",
        )


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _qrels_beside(queries: Path) -> Path:
    found = [queries.parent / name for name in _QRELS_NAMES if (queries.parent / name).is_file()]
    if not found:
        raise RetrievalError(
            f"{queries.name} names nothing relevant, and no judgements lie beside it.",
            hint=f"{_FORM} Or put {_QRELS_NAMES[0]} into the same folder, or name it.",
        )
    return found[0]


def json_rows(path: Path) -> Iterator[Row]:
    """Yield each line's JSON with where it stands; raises ``RetrievalError`` for broken JSON."""
    for where, line in _lines(path):
        try:
            yield where, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RetrievalError(f"{where}: broken JSON ({error}).", hint=_FORM) from error


def _table_rows(path: Path) -> Iterator[Row]:
    """Read BEIR's three columns with a head, or TREC's four without one."""
    head: list[str] = []
    for where, line in _lines(path):
        cells = next(csv.reader([line], delimiter="\t")) if "\t" in line else line.split()
        if not head and any(cell in _QUERY_ID for cell in cells):
            head = cells
            continue
        names = head or (["qid", "iteration", "did", "rel"] if len(cells) == 4 else [])
        if not names or len(cells) != len(names):
            raise RetrievalError(
                f"{where}: {len(cells)} columns are no judgement.",
                hint="A line is query-id, corpus-id, score under a head, or TREC's four columns.",
            )
        yield where, dict(zip(names, cells, strict=True))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RetrievalError(f"{path.name} is over {MAX_BYTES // 1024**2} MB.")
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RetrievalError(
            f"cannot read {path}: {error.strerror}.", hint="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise RetrievalError(f"{path.name} is not UTF-8 text (byte {error.start}).") from error
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield f"{path.name}, line {number}", line


_FORM = (
    'A query is {"id": "q1", "text": "…", "relevant": ["doc1", {"document_id": "doc2", "grade": 2, '
    '"start": 10, "end": 90}]}.'
)
