"""The texts of whatever may be scanned: files, notebooks, datasets, corpora, runs and values.

Each text gets the boundary that it crosses: what users wrote is input, documents are what
retrieval brings, answers are output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.guard.detector import Boundary
from llmops_magics.guard.survey.notebook import MAX_DEPTH, leaves
from llmops_magics.guard.survey.piece import Piece, Unread

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.retrieval.document import Document

MAX_PIECES = 500_000


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is scanned: its name and kind, its texts, and what could not be read of it.

    ``system_prompt`` is what the answers in it must not repeat.
    """

    name: str
    kind: str
    pieces: Sequence[Piece]
    unread: Sequence[Unread] = ()
    system_prompt: str = ""


def path_target(path: Path, root: Path) -> Target:
    """Return a file, a notebook or a folder."""
    from llmops_magics.guard.survey.file import read_path

    pieces, unread = read_path(path, root)
    kind = "folder" if path.is_dir() else "notebook" if path.suffix == ".ipynb" else "file"
    return Target(name=path.as_posix(), kind=kind, pieces=pieces, unread=unread)


def cases_target(name: str, cases: Iterable[Case]) -> Target:
    """Return a dataset: a text for every column of every case."""
    read = (each for case in cases for each in _case(case))
    return _bounded(name, "dataset", read)


def documents_target(name: str, documents: Iterable[Document]) -> Target:
    """Return a corpus: a text for every document, its title and metadata with it."""
    read = (each for document in documents for each in _document(document))
    return _bounded(name, "corpus", read)


def run_target(run: EvalRun, system_prompt: str = "") -> Target:
    """Return an eval run: what was asked, retrieved, called and answered."""
    read = (each for sample in run.samples for each in _sample(sample))
    return _bounded(run.run_id, "run", read, system_prompt)


def value_target(name: str, value: Any) -> Target:
    """Return a value of a notebook: a text, a table, or anything that holds texts.

    Raises ``UsageError`` for an iterator, which reading would use up.
    """
    if isinstance(value, str):
        return Target(name=name, kind="text", pieces=[_piece(name, value)])
    return _bounded(name, "variable", _values(name, value))


def text_target(text: str) -> Target:
    """Return a text that was written out; its name is its length, for it may hold anything."""
    name = f"a text of {len(text):,} characters"
    return Target(name=name, kind="text", pieces=[_piece("text", text)])


def joined(targets: Sequence[Target]) -> Target:
    """Return several targets as one."""
    if len(targets) == 1:
        return targets[0]
    kinds = {target.kind for target in targets}
    return Target(
        name=", ".join(target.name for target in targets),
        kind=kinds.pop() if len(kinds) == 1 else "several",
        pieces=[piece for target in targets for piece in target.pieces],
        unread=[each for target in targets for each in target.unread],
        system_prompt="\n".join(t.system_prompt for t in targets if t.system_prompt),
    )


def _bounded(
    name: str, kind: str, read: Iterator[Piece | Unread], system_prompt: str = ""
) -> Target:
    """Return the texts that are none empty, at most ``MAX_PIECES``; what is beyond is said."""
    kept: list[Piece] = []
    unread: list[Unread] = []
    for each in read:
        if len(kept) >= MAX_PIECES:
            unread.append(Unread(name=name, reason=f"a scan ends after {MAX_PIECES:,} texts"))
            break
        if isinstance(each, Unread):
            unread.append(each)
        elif each.text.strip():
            kept.append(each)
    return Target(name=name, kind=kind, pieces=kept, unread=unread, system_prompt=system_prompt)


def _case(case: Case) -> Iterator[Piece | Unread]:
    for column, value in case.inputs.items():
        yield from _read(f"case {case.id}, {column}", value)
    yield from _read(f"case {case.id}, expected", case.expected)
    rest = [case.id, *case.tags, case.metadata]
    yield from _read(f"case {case.id}, id, tags and metadata", rest)


def _document(document: Document) -> Iterator[Piece | Unread]:
    name = f"document {document.id}"
    yield from _read(name, document.text, "retrieval")
    rest = [document.title, document.source, document.metadata]
    yield from _read(f"{name}, title and metadata", rest, "retrieval")


def _sample(sample: Any) -> Iterator[Piece | Unread]:
    name = f"case {sample.case_id}" + (f", repeat {sample.repeat}" if sample.repeat else "")
    for column, value in sample.inputs.items():
        yield from _read(f"{name}, {column}", value)
    yield from _read(f"{name}, context", sample.context, "retrieval")
    yield from _read(f"{name}, answer", sample.output, "output")
    yield from _read(f"{name}, error", sample.error, "output")
    yield from _read(f"{name}, tool calls", list(sample.tool_calls), "tool_call")


def _read(name: str, value: Any, boundary: Boundary = "input") -> Iterator[Piece | Unread]:
    """Yield the text of a value, and what could not be read of it."""
    too_deep: list[str] = []
    try:
        text = _text(value, too_deep)
    except RecursionError:
        yield Unread(name=name, reason="it is nested too deeply, or holds itself")
        return
    yield Piece(name=name, text=text, boundary=boundary)
    if too_deep:
        yield Unread(name=name, reason=f"it is nested deeper than {MAX_DEPTH} levels")


def _values(name: str, value: Any) -> Iterator[Piece | Unread]:
    for place, each in _parts(name, value):
        yield from _read(place, each)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    kind = next((kind for kind in _PARTS if hasattr(value, kind)), "")
    if kind:
        yield from _PARTS[kind](name, value)
    elif isinstance(value, Mapping):
        yield from ((f"{name}[{key!r}]", each) for key, each in value.items())
        yield f"{name}, keys", "\n".join(map(str, value))
    elif isinstance(value, Iterator):
        raise UsageError(
            f"{name} can be read only once, and is left as it is.", hint="Scan a list of it."
        )
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        yield from ((f"{name}[{number}]", each) for number, each in enumerate(value))
    else:
        yield name, value


def _of_table(name: str, table: Any) -> Iterator[tuple[str, Any]]:
    for number, column in enumerate(table.columns):  # two columns may have one name
        for index, cell in table.iloc[:, number].items():
            yield f"{name}[{column!r}], row {index}", cell
    yield f"{name}, names of columns", "\n".join(map(str, table.columns))
    yield from _of_index(name, table.index)


def _of_series(name: str, series: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"{name}, row {index}", cell) for index, cell in series.items())
    yield from _of_index(name, getattr(series, "index", ()))


def _of_index(name: str, index: Any) -> Iterator[tuple[str, Any]]:
    """Yield the index where it holds texts; numbers and times say nothing."""
    if getattr(index, "inferred_type", "") in _TEXT_INDEXES:
        yield f"{name}, index", "\n".join(map(str, index))


def _of_array(name: str, array: Any) -> Iterator[tuple[str, Any]]:
    yield from _parts(name, array.tolist())


def _of_record(name: str, record: Any) -> Iterator[tuple[str, Any]]:
    yield from _parts(name, record.to_dict())


_TEXT_INDEXES = frozenset({"string", "mixed", "mixed-integer", "categorical"})
# A DataFrame, a Series, an array, one of our records: told by what they can do, so nothing is
# imported.
_PARTS: dict[str, Callable[[str, Any], Iterator[tuple[str, Any]]]] = {
    "iterrows": _of_table,
    "to_frame": _of_series,
    "tolist": _of_array,
    "to_dict": _of_record,
}


def _text(value: Any, too_deep: list[str]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    from llmops_magics.record import to_jsonable

    return leaves(to_jsonable(value), too_deep)


def _piece(name: str, text: str) -> Piece:
    return Piece(name=name, text=text, boundary="input")
