"""Records of corpora for the views' tests, each text of them the one given."""

from __future__ import annotations

from datetime import UTC, datetime

from llmops_magics.retrieval.corpus.record import (
    CorpusCheck,
    CorpusDiff,
    CorpusList,
    CorpusLog,
    CorpusSource,
    CorpusVersion,
    CorpusView,
    DocumentRow,
    InclusionProof,
    Skipped,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def source(t, kind="path"):
    return CorpusSource(kind=kind, location=t, groups=(t,), encoding=t)


def skipped(t):
    return (Skipped(reason=t, count=7, examples=(t, t)),)


def version(t, **changes):
    fields = {
        "corpus": t,
        "number": 2,
        "fingerprint": t,
        "document_count": 300,
        "character_count": 12_345,
        "source": source(t),
        "skipped": skipped(t),
        "groups": {t: 300},
        "encodings": {"utf-8": 299, t: 1},
        "message": t,
        "registered_at": AT,
        "actor": t,
        "ledger": t,
    }
    return CorpusVersion(**(fields | changes))


def view(t, rows=3):
    row = DocumentRow(
        id=t, title=t, excerpt=t, characters=9, groups=(t, t), source=t, updated_at=AT
    )
    return CorpusView(version=version(t), rows=(row,) * rows, version_count=2, oldest=AT, newest=AT)


def diff(t, ids=None):
    ids = (t,) if ids is None else ids
    return CorpusDiff(before=t, after=t, added=ids, removed=(t,), changed=(t,), unchanged=4)


def check(t, ids=None):
    return CorpusCheck(
        ref=t,
        source=source(t, "function"),
        fingerprint=t,
        document_count=3,
        added=(t,) if ids is None else ids,
        removed=(),
        changed=(),
        unchanged=2,
        skipped=skipped(t),
        checked_at=AT,
    )


def every_record(t):
    return [
        version(t),
        version(t, is_new=True, skipped=()),
        CorpusList(corpora=(version(t),) * 250),
        CorpusLog(corpus=t, source=source(t, "table"), versions=(version(t),)),
        view(t),
        view(t, rows=250),
        diff(t),
        check(t),
        InclusionProof(document_id=t, digest=t, index=0, size=2, path=(t,), fingerprint=t),
    ]
