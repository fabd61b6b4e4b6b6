"""Which loader reads which file, by its ending; any package may add its own.

A package adds a loader with an entry point in the group ``llmops_magics.loaders``, named by the
ending: ``docx = "acme_loaders:load_docx"``. It is called with a ``SourceFile`` and yields mappings
with ``text``, and ``title``, ``groups``, ``metadata`` and ``id`` if it likes. What it raises is why
the file is skipped. It wins over a built-in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.file import SourceFile
from llmops_magics.retrieval.corpus.html import load_html
from llmops_magics.retrieval.corpus.pdf import load_pdf
from llmops_magics.retrieval.corpus.text import load_markdown, load_text

GROUP = "llmops_magics.loaders"
ROW_ENDINGS = (".jsonl", ".ndjson")  # files of many documents, read line by line
Loader = Callable[[SourceFile], Iterable[Mapping[str, Any]]]
LOADERS: dict[str, Loader] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".pdf": load_pdf,
}


def load_file(file: SourceFile) -> list[dict[str, Any]]:
    """Return the rows of a file, each with an id and a source; raises ``RetrievalError``.

    A file without a loader of its own is read as text, where it is text.
    """
    loader = _installed().get(file.suffix) or LOADERS.get(file.suffix, load_text)
    try:
        rows = [dict(row) for row in loader(file)]
    except RetrievalError:
        raise
    except Exception as error:  # of somebody else's loader: why this file is skipped
        raise RetrievalError(f"its loader failed: {type(error).__name__}: {error!s:.80}") from error
    if not rows or any(not str(row.get("text") or "").strip() for row in rows):
        raise RetrievalError("no text")
    if len(rows) == 1:
        return [{"id": file.id, "source": file.id, **rows[0]}]
    return [{"id": f"{file.id}#{n}", "source": file.id, **row} for n, row in enumerate(rows, 1)]


@cache
def _installed() -> dict[str, Loader]:
    found: dict[str, Loader] = {}
    for point in entry_points(group=GROUP):
        try:
            found[f".{point.name.lstrip('.').lower()}"] = point.load()
        except Exception as error:
            raise RetrievalError(
                f"the loader {point.name!r} ({point.value}) cannot be imported: {error}.",
                hint="Mend or uninstall the package it comes from.",
            ) from error
    return found
