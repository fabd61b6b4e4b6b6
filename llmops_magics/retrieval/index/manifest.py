"""What an index was built of: the record that makes a query checkable and a build idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from llmops_magics.record import Record, digest, parse_time
from llmops_magics.retrieval.index.collection import SPACE

WHOLE = "whole"


@dataclass(frozen=True, kw_only=True)
class IndexManifest(Record):
    """One finished index. ``fingerprint`` covers documents, chunker, embedder and distance space.

    ``corpus_version`` is 0 for documents that are of no registered corpus. ``embedding`` is the
    spec that makes the embedder again. ``too_long`` counts chunks longer than the embedder reads,
    ``changed_rows`` those that were written or deleted since the collection was last laid out anew.
    ``server`` is empty where the collection is in the workspace's own folder.
    """

    kind: ClassVar[str] = "index-manifest"

    corpus: str
    corpus_version: int = 0
    fingerprint: str
    corpus_fingerprint: str
    collection: str
    chunker: str = WHOLE
    chunker_fingerprint: str = ""
    embedding: str = "local"
    embedding_model: str
    embedding_fingerprint: str
    dimension: int
    space: str = SPACE
    document_count: int
    chunk_count: int
    too_long: int = 0
    changed_rows: int = 0
    built_at: datetime
    server: str = ""


def index_fingerprint(corpus: str, chunker: str, embedder: str) -> str:
    """Digest of the fingerprints that decide what an index holds."""
    identity = {"corpus": corpus, "chunker": chunker, "embedder": embedder, "space": SPACE}
    return digest(identity)


def manifest_from(body: Mapping[str, Any]) -> IndexManifest:
    """Read what ``to_dict`` made, also before there were chunks."""
    known = {field.name for field in fields(IndexManifest)}
    values = {key: value for key, value in body.items() if key in known}
    values.setdefault("chunk_count", values["document_count"])
    return IndexManifest(**{**values, "built_at": parse_time(values["built_at"])})
