"""What an index was built of: the record that makes a query checkable and a build idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, delete, insert, select

from llmops_magics.record import Record, digest, format_time, parse_time
from llmops_magics.retrieval.document import Document, corpus_fingerprint
from llmops_magics.retrieval.embedder import Embedder
from llmops_magics.storage.table import index_manifest

SPACE = "cosine"


@dataclass(frozen=True, kw_only=True)
class IndexManifest(Record):
    """One finished index. ``fingerprint`` covers documents, embedder and distance space."""

    kind: ClassVar[str] = "index-manifest"

    corpus: str
    fingerprint: str
    corpus_fingerprint: str
    collection: str
    document_count: int
    embedding_model: str
    embedding_fingerprint: str
    dimension: int
    space: str = SPACE
    built_at: datetime


def describe(
    corpus: str, documents: Sequence[Document], embedder: Embedder, built_at: datetime
) -> IndexManifest:
    """Return the manifest that an index of these documents has."""
    content = corpus_fingerprint(documents)
    identity = {"corpus": content, "embedder": embedder.fingerprint, "space": SPACE}
    fingerprint = digest(identity)
    return IndexManifest(
        corpus=corpus,
        fingerprint=fingerprint,
        corpus_fingerprint=content,
        collection=f"c-{fingerprint.partition(':')[2][:32]}",
        document_count=len(documents),
        embedding_model=embedder.name,
        embedding_fingerprint=embedder.fingerprint,
        dimension=embedder.dimension,
        built_at=built_at,
    )


def current(connection: Connection, corpus: str) -> IndexManifest | None:
    """Return the manifest that queries of a corpus use: the one built or chosen last."""
    row = connection.execute(
        select(index_manifest.c.body)
        .where(index_manifest.c.corpus == corpus)
        .order_by(index_manifest.c.built_at.desc())
        .limit(1)
    ).first()
    return None if row is None else _from_body(row.body)


def make_current(connection: Connection, manifest: IndexManifest) -> None:
    """Store a manifest as its corpus's current one, in the caller's write transaction."""
    same = (index_manifest.c.corpus == manifest.corpus) & (
        index_manifest.c.fingerprint == manifest.fingerprint
    )
    connection.execute(delete(index_manifest).where(same))  # built again, or gone back to
    connection.execute(
        insert(index_manifest).values(
            corpus=manifest.corpus,
            fingerprint=manifest.fingerprint,
            collection=manifest.collection,
            body=manifest.to_dict(),
            built_at=format_time(manifest.built_at),
        )
    )


def corpus_names(connection: Connection) -> list[str]:
    """Names of the corpora that have an index, sorted."""
    names = select(index_manifest.c.corpus).distinct().order_by(index_manifest.c.corpus)
    return list(connection.execute(names).scalars())


def _from_body(body: dict[str, Any]) -> IndexManifest:
    fields = {key: value for key, value in body.items() if key != "kind"}
    return IndexManifest(**{**fields, "built_at": parse_time(fields["built_at"])})
