"""Documents: what a corpus holds, checked, each with a digest of its content.

Two corpora have one fingerprint if, and only if, they hold the same documents, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_magics.errors import RetrievalError
from llmops_magics.record import canonical_json, digest_bytes
from llmops_magics.retrieval.access import PUBLIC
from llmops_magics.retrieval.corpus import merkle
from llmops_magics.retrieval.corpus.jsonl import rows_of_file
from llmops_magics.retrieval.corpus.row import fields_of

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5

Source: TypeAlias = "str | Path | Sequence[Mapping[str, Any]] | pd.DataFrame"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document. ``metadata`` is JSON data and takes no part in retrieval.

    ``source`` says where it comes from (a path, an address), ``updated_at`` when it was changed
    there; who is in none of its ``groups`` is never shown it.
    """

    id: str
    title: str = ""
    text: str
    source: str = ""
    updated_at: datetime | None = None
    groups: tuple[str, ...] = (PUBLIC,)
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def embedded_text(self) -> str:
        """What the document's vector is taken of."""
        return f"{self.title}. {self.text}" if self.title else self.text

    @property
    def content(self) -> bytes:
        """The canonical JSON of what the digest is taken of, and what is stored."""
        return canonical_json(
            {
                "id": self.id,
                "title": self.title,
                "text": self.text,
                "groups": sorted(set(self.groups)),
                "metadata": self.metadata,
            }
        )

    @property
    def digest(self) -> str:
        """Digest of id, title, text, groups and metadata; not of its source and time."""
        return digest_bytes(self.content)


def document_of(where: str, row: Any, *, groups: tuple[str, ...] = (PUBLIC,)) -> Document:
    """Return the document that a row is; ``groups`` are those of a row that names none.

    Raises ``RetrievalError`` naming the row and what is wrong with it.
    """
    return Document(**fields_of(where, row, groups=groups))


def load_documents(source: Source) -> tuple[Document, ...]:
    """Read documents from a JSONL file, a list of mappings or a DataFrame.

    ``id`` and ``text`` are required; ``title``, ``source``, ``updated_at`` and ``groups`` are not;
    all other fields become metadata. Raises ``RetrievalError`` naming the line or row of what is
    broken, missing or there twice, and for documents that are in no group.
    """
    is_file = isinstance(source, str | Path)
    rows = rows_of_file(Path(str(source))) if is_file else table_rows(source)
    documents = tuple(document_of(where, row) for where, row in rows)
    check_documents(documents)
    return documents


def check_documents(documents: Sequence[Document]) -> None:
    """Raise ``RetrievalError`` if there are none, if two share an id, or one is in no group."""
    if not documents:
        raise RetrievalError("the corpus has no documents.", hint="Give at least one.")
    seen: set[str] = set()
    refuse_repeated({d.id for d in documents if d.id in seen or seen.add(d.id)})  # type: ignore[func-returns-value]
    hidden = [document.id for document in documents if not document.groups]
    if hidden:
        raise RetrievalError(
            f"{len(hidden)} of {len(documents)} documents are in no group: {_some(hidden)}.",
            hint=f'Name the groups that may read them, such as ["{PUBLIC}"].',
        )


def refuse_repeated(ids: Iterable[str]) -> None:
    """Raise ``RetrievalError`` if there are ids that several documents have."""
    repeated = sorted(ids)
    if repeated:
        raise RetrievalError(
            f"several documents have the same id: {_some(repeated)}.",
            hint="Give every document an id of its own.",
        )


def corpus_fingerprint(documents: Iterable[Document]) -> str:
    """Return the Merkle root over the documents' ids and digests, whatever their order."""
    return merkle.root(merkle.leaves((each.id, each.digest) for each in documents))


def table_rows(source: Any) -> Iterator[tuple[str, Any]]:
    """Yield where each row of a DataFrame or list stands, and the row."""
    if hasattr(source, "to_dict") and hasattr(source, "notna"):  # a DataFrame
        source = source.astype(object).where(source.notna(), None).to_dict("records")
    if not isinstance(source, Sequence) or isinstance(source, str | bytes):
        raise RetrievalError(
            f"documents cannot be read from a {type(source).__name__}.",
            hint="Give the path of a JSONL file, a list of mappings or a DataFrame.",
        )
    for number, row in enumerate(source, 1):
        yield f"row {number}", row


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"{', '.join(ids[:_SHOWN])}{more}"
