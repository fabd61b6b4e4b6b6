"""One pass over a source: its documents one at a time, and what was passed over and why.

A file that cannot be read is counted and skipped; if nothing else is there, that is an error. A
broken line of a JSONL file is an error at once: half of its documents would be none of them. So
are two documents with one id. A document that is explicitly in no group is skipped and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus import source as sources
from llmops_magics.retrieval.corpus.file import SourceFile
from llmops_magics.retrieval.corpus.folder import walk
from llmops_magics.retrieval.corpus.jsonl import rows_of_file
from llmops_magics.retrieval.corpus.loader import ROW_ENDINGS, load_file
from llmops_magics.retrieval.corpus.record import CorpusSource, Skipped
from llmops_magics.retrieval.document import Document, document_of, refuse_repeated, table_rows

MAX_DOCUMENT_BYTES = 64_000_000
NO_GROUP = "in no group: nobody could read it"
_EXAMPLES = 5
_MAX_REASONS = 50
_REPORT_EVERY = 200

Progress = Callable[[str, int, int], None]


class Reading:
    """The documents of a source; what was skipped is known once it was read to the end.

    ``given`` is the table, rows or function that ``source`` describes; None for a path, which is
    read below ``root``. ``on_progress`` gets what is read, how much, and of how much (0: unknown).
    """

    def __init__(
        self,
        source: CorpusSource,
        given: Any = None,
        *,
        root: Path | None = None,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        on_progress: Progress | None = None,
    ) -> None:
        self.source = source
        self._given = given
        self._root = root
        self._max_bytes = max_bytes
        self._on_progress = on_progress
        self._skipped: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was passed over, the most frequent reason first."""
        return tuple(
            Skipped(reason=reason, count=count, examples=tuple(self._examples[reason]))
            for reason, count in self._skipped.most_common()
        )

    def __iter__(self) -> Iterator[Document]:
        """Yield the documents; raises ``RetrievalError``, at the end if there was none."""
        seen: set[str] = set()
        repeated: set[str] = set()
        for document in self._documents():
            if document.id in seen:
                repeated.add(document.id)
            elif not document.groups:
                self._skip(NO_GROUP, document.id)
            elif not repeated:
                yield document
            seen.add(document.id)
        refuse_repeated(repeated)
        if len(seen) <= self._skipped[NO_GROUP]:
            raise self._nothing()

    def _documents(self) -> Iterator[Document]:
        if self.source.kind == sources.PATH:
            yield from self._of_path(sources.path_of(self.source, self._root))
        elif self.source.kind == sources.FUNCTION:
            yield from self._of_function()
        else:
            for number, (where, row) in enumerate(table_rows(_listed(self._given)), 1):
                yield self._document(where, row)
                self._report(number, 0)

    def _of_function(self) -> Iterator[Document]:
        made = sources.call(self._given)
        try:
            rows = iter(made.to_dict("records") if hasattr(made, "notna") else made)
        except TypeError as error:
            raise sources.failure(self._given, error) from error
        number = 0
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:
                raise sources.failure(self._given, error) from error
            number += 1
            yield self._document(f"document {number}", row)
            self._report(number, 0)

    def _of_path(self, path: Path) -> Iterator[Document]:
        if not path.exists():
            raise RetrievalError(
                f"there is no file or folder {path}.",
                hint="Check the path, or name a variable of the notebook.",
            )
        path = path.resolve()  # the one link that is followed is what was named
        files = list(walk(path, self._skip)) if path.is_dir() else [(path, path.name)]
        for done, (file, name) in enumerate(files):
            if file.suffix.lower() in ROW_ENDINGS:
                yield from self._of_rows(file, len(files))
            else:
                yield from self._of_file(file, name)
            self._report(done + 1, len(files))

    def _of_rows(self, file: Path, total: int) -> Iterator[Document]:
        for number, (where, row) in enumerate(rows_of_file(file, max_bytes=self._max_bytes), 1):
            yield self._document(where, row)
            if total == 1:
                self._report(number, 0)

    def _of_file(self, path: Path, name: str) -> Iterator[Document]:
        file = SourceFile(
            path=path, id=name, max_bytes=self._max_bytes, encoding=self.source.encoding
        )
        try:
            rows = load_file(file)
            documents = [self._document(name, row) for row in rows]
        except RetrievalError as error:
            self._skip(error.message.removeprefix(f"{name}: "), name)
            return
        yield from documents

    def _document(self, where: str, row: Any) -> Document:
        if not isinstance(row, Document):
            document = document_of(where, row, groups=self.source.groups)
        else:
            fields = {name: getattr(row, name) for name in Document.__dataclass_fields__}
            document = document_of(where, fields)
            if document.groups == Document.__dataclass_fields__["groups"].default:
                document = replace(document, groups=self.source.groups)  # it named none
        if len(document.text) > self._max_bytes:
            raise RetrievalError(
                f"{where}: the text is over {self._max_bytes // 1_000_000} million characters.",
                hint="Split the document, or raise retrieval.max_document_mb in llmops.toml.",
            )
        return document

    def _skip(self, reason: str, name: str) -> None:
        if reason not in self._skipped and len(self._skipped) >= _MAX_REASONS:
            reason = "other reasons"
        self._skipped[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            examples.append(name)

    def _nothing(self) -> RetrievalError:
        reasons = "; ".join(
            f"{each.count} skipped, {each.reason} ({', '.join(each.examples[:2])})"
            for each in self.skipped[:3]
        )
        return RetrievalError(
            f"the corpus has no documents{': ' if reasons else ''}{reasons}.",
            hint="Give at least one.",
        )

    def _report(self, done: int, total: int) -> None:
        if self._on_progress is not None and (done % _REPORT_EVERY == 0 or done == total):
            self._on_progress(f"reading {self.source.location[-40:]}", done, total)


def _listed(given: Any) -> Any:
    """Return rows as a list; a table is one already to its reader."""
    return given if hasattr(given, "notna") or isinstance(given, list | tuple) else list(given)
