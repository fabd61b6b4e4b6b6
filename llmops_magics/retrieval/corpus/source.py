"""What a corpus is given to be read from, and how that is written down to be read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from llmops_magics.config.home import expanded
from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import PUBLIC
from llmops_magics.retrieval.corpus.encoding import is_encoding
from llmops_magics.retrieval.corpus.record import CorpusSource
from llmops_magics.retrieval.corpus.row import check_groups

PATH, TABLE, ROWS, FUNCTION = "path", "table", "rows", "function"


def describe(
    source: Any,
    *,
    root: Path | None = None,
    label: str = "",
    groups: Iterable[str] | None = None,
    encoding: str = "",
) -> CorpusSource:
    """Return the description of a source; ``label`` is the variable's name, where there is one.

    A path inside the workspace is kept as one from its ``root``: a copy of it elsewhere is read
    from there. Raises ``RetrievalError`` for what cannot be a source.
    """
    named = (PUBLIC,) if groups is None else check_groups(groups)
    if not named:
        raise RetrievalError(
            "the documents would be in no group: nobody could read them.",
            hint=f"Name a group, or none at all for {PUBLIC!r}.",
        )
    if encoding and not is_encoding(encoding):
        raise RetrievalError(
            f"{encoding[:40]!r} is no text encoding.", hint="Name one such as cp1252 or shift_jis."
        )
    kind, location = _place(source, root)
    return CorpusSource(
        kind=kind, location=label or location, groups=named, encoding=encoding.lower()
    )


def path_of(source: CorpusSource, root: Path | None) -> Path:
    """Return the file or folder that a description means."""
    return (root or Path.cwd()) / source.location


def _place(source: Any, root: Path | None) -> tuple[str, str]:
    if isinstance(source, str | Path):
        path = expanded(source, RetrievalError).absolute()
        inside = root is not None and path.is_relative_to(root.absolute())
        return PATH, (path.relative_to(root.absolute()) if inside and root else path).as_posix()
    if callable(source):
        return FUNCTION, str(getattr(source, "__name__", type(source).__name__))
    if hasattr(source, "to_dict") and hasattr(source, "notna"):
        return TABLE, "DataFrame"
    if isinstance(source, Iterable) and not isinstance(source, Mapping | bytes):
        return ROWS, type(source).__name__
    raise RetrievalError(
        f"a corpus cannot be read from a {type(source).__name__}.",
        hint="Give a file or folder, a DataFrame, a list of documents, or a function of no "
        "arguments that yields them.",
    )


def call(function: Callable[[], Any]) -> Any:
    """Return what a function of no arguments gives; what it raises is a ``RetrievalError``."""
    try:
        return function()
    except Exception as error:
        raise failure(function, error) from error


def failure(function: Any, error: Exception) -> RetrievalError:
    """Say that a function that should give documents raised an error."""
    name = getattr(function, "__name__", type(function).__name__)
    return RetrievalError(
        f"the function {name} raised {type(error).__name__}: {error!s:.200}.",
        hint="It is called with no arguments and yields documents or mappings. Nothing was added.",
    )
