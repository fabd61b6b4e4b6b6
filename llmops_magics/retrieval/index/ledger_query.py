"""What is read of the ledger row by row, where there may be very many rows: ``at`` is a filling."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, case, func, select

from llmops_magics.storage.query import Query
from llmops_magics.storage.table import index_chunk, index_document

_CHUNK = index_chunk.c
_DOCUMENT = index_document.c
_OF_CHUNK = _CHUNK.filling == bindparam("at")
DOCUMENTS = Query(
    select(
        _DOCUMENT.document_id,
        _DOCUMENT.digest,
        _DOCUMENT.source,
        _DOCUMENT.updated_at,
        _DOCUMENT.chunks,
    ).where(_DOCUMENT.filling == bindparam("at"))
)
CHUNKS = Query(
    select(
        _CHUNK.chunk_id,
        _CHUNK.document_id,
        _CHUNK.content_digest,
        _CHUNK.row_digest,
        _CHUNK.is_long,
        _CHUNK.indexed_at,
    ).where(_OF_CHUNK)
)
CHUNK_IDS = Query(select(_CHUNK.chunk_id).where(_OF_CHUNK))
CONTENTS = Query(select(_CHUNK.chunk_id, _CHUNK.content_digest).where(_OF_CHUNK))
_COUNTS: Any = select(
    func.count(),
    func.count(_CHUNK.content_digest.distinct()),
    func.sum(case((_CHUNK.is_long, 1), else_=0)),
)
TALLY = Query(_COUNTS.where(_OF_CHUNK))
INDEXED = Query(
    select(_CHUNK.indexed_at, func.count()).where(_OF_CHUNK).group_by(_CHUNK.indexed_at)
)
