"""Records of indexes for the views' tests, each text of them the one given."""

from __future__ import annotations

from datetime import UTC, datetime

from llmops_magics.retrieval.index.age import Ages
from llmops_magics.retrieval.index.manifest import IndexManifest
from llmops_magics.retrieval.index.record import IndexChange, IndexList
from llmops_magics.retrieval.index.status import IndexStatus, RuleOutcome
from llmops_magics.retrieval.index.verification import IndexVerification

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def manifest(t, **changed):
    values = {
        "corpus": t,
        "corpus_version": 3,
        "fingerprint": t,
        "corpus_fingerprint": t,
        "collection": t,
        "chunker": t,
        "chunker_fingerprint": t,
        "embedding": t,
        "embedding_model": t,
        "embedding_fingerprint": t,
        "dimension": 384,
        "document_count": 20,
        "chunk_count": 40,
        "too_long": 2,
        "built_at": AT,
        "server": t,
    }
    return IndexManifest(**values | changed)


def change(t, **changed):
    values = {
        "corpus": t,
        "action": "refresh",
        "way": t,
        "manifest": manifest(t),
        "before": manifest(t),
        "embedded": 3,
        "reused": 37,
        "removed": 1,
        "changed_documents": 2,
        "duration_s": 1.5,
        "remarks": (t,),
    }
    return IndexChange(**values | changed)


def status(t, **changed):
    values = {
        "corpus": t,
        "manifest": manifest(t),
        "compared_with": t,
        "is_compared": True,
        "documents": 20,
        "fresh": 17,
        "stale": 1,
        "missing": 1,
        "orphaned": 1,
        "chunks": 40,
        "store_chunks": 39,
        "lost_chunks": 2,
        "unknown_chunks": 1,
        "duplicate_chunks": 3,
        "other_model_chunks": 0,
        "source_age": Ages(n=18, unknown=2, p50_s=3600, p95_s=86_400, max_s=864_000),
        "indexed_age": Ages(),
        "confirmed_at": AT,
        "checked_at": AT,
        "examples": {"stale": (t,), "missing": (t, t), "orphaned": (t,)},
        "remarks": (t,),
        "rules": (
            RuleOutcome(rule=t, verdict="FAIL", reason=t, observed=0.05),
            RuleOutcome(rule=t, verdict="INCONCLUSIVE", reason=t),
        ),
    }
    return IndexStatus(**values | changed)


def verification(t, **changed):
    values = {
        "corpus": t,
        "manifest": manifest(t),
        "chunks": 40,
        "store_chunks": 39,
        "lost": 2,
        "unknown": 1,
        "altered": 1,
        "misshapen": 0,
        "sampled": 32,
        "differing": 1,
        "lowest_cosine": 0.31,
        "embedder_is_same": True,
        "verified_at": AT,
        "examples": (t,),
    }
    return IndexVerification(**values | changed)


def every_record(t):
    return [
        manifest(t),
        change(t),
        change(t, action="drop"),
        IndexList(indexes=(manifest(t),)),
        status(t),
        status(t, rules=(), remarks=(), is_compared=False),
        verification(t),
    ]
