"""Hold an index against its corpus and against what its store really holds, ids both ways.

Nothing is believed that can be looked at: not that a build succeeded, and not that a collection
holds what was written. Each document is in one state:

- ``fresh``: indexed as it is now, every chunk of it there;
- ``stale``: indexed as it was before it changed;
- ``missing``: of the corpus and not indexed, or some of its chunks are gone from the store;
- ``orphaned``: still indexed though its source is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Container
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from llmops_magics.record import Record, parse_time
from llmops_magics.retrieval.index.age import Ages, ages
from llmops_magics.retrieval.index.ledger import Filling
from llmops_magics.retrieval.index.manifest import IndexManifest

FRESH, STALE, MISSING, ORPHANED = "fresh", "stale", "missing", "orphaned"
STATES = (FRESH, STALE, MISSING, ORPHANED)
SHOWN_IDS = 20
EXIT_CODES = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}


@dataclass(frozen=True, kw_only=True)
class RuleOutcome:
    """What came of one rule: PASS, FAIL or INCONCLUSIVE, and why."""

    rule: str
    verdict: str
    reason: str
    observed: float | None = None


@dataclass(frozen=True, kw_only=True)
class IndexStatus(Record):
    """An index as it stands.

    ``documents`` counts those of the corpus and of the index together, and is the sum of the four
    states. ``compared_with`` says what the documents were held against; with nothing to hold them
    against, ``is_compared`` is False and the states say no more than that they are in the store.
    ``lost_chunks`` should be in the store and are not, ``unknown_chunks`` are there and should not.
    ``duplicate_chunks`` have a content that another chunk has, too; ``other_model_chunks`` were
    embedded by another model than the one that would be used now. ``source_age`` is the time since
    documents were changed at their sources, ``indexed_age`` that since chunks were written;
    ``confirmed_at`` is when a build or refresh last found the index to be its corpus.
    """

    kind: ClassVar[str] = "index-status"

    corpus: str
    manifest: IndexManifest
    compared_with: str
    is_compared: bool
    documents: int
    fresh: int
    stale: int
    missing: int
    orphaned: int
    chunks: int
    store_chunks: int
    lost_chunks: int
    unknown_chunks: int
    duplicate_chunks: int
    other_model_chunks: int
    source_age: Ages
    indexed_age: Ages
    confirmed_at: datetime | None
    checked_at: datetime
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    rules: tuple[RuleOutcome, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether there is nothing that a refresh would change."""
        return not (
            self.stale + self.missing + self.orphaned + self.unknown_chunks
            + self.other_model_chunks
        )  # fmt: skip

    @property
    def verdict(self) -> str:
        """The worst of the rules' verdicts; empty with no rules."""
        found = {outcome.verdict for outcome in self.rules}
        return next((each for each in ("FAIL", "INCONCLUSIVE", "PASS") if each in found), "")

    @property
    def exit_code(self) -> int:
        """0 PASS, or no rules; 1 FAIL; 3 INCONCLUSIVE: as gates have them."""
        return EXIT_CODES.get(self.verdict, 0)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What the ledger has of the index: documents by id, chunks by id, times as text, counted."""

    filling: Filling | None
    digests: Mapping[str, str] = field(default_factory=dict)
    updated: Sequence[tuple[str | None, int]] = ()
    chunk_ids: Container[str] = frozenset()
    contents: int = 0
    indexed: Sequence[tuple[str, int]] = ()
    documents_of: Callable[[Container[str]], set[str]] = lambda _chunks: set()


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The documents as they are now: ids and digests, and where that is from.

    ``digests`` is None where nobody knows.
    """

    digests: Mapping[str, str] | None
    described: str
    remarks: tuple[str, ...] = ()


def reconcile(
    manifest: IndexManifest,
    filled: Filled,
    store_ids: Container[str] | None,
    sources: Sources,
    *,
    embedding_fingerprint: str,
    now: datetime,
) -> IndexStatus:
    """Compare the ledger with the store's ids (None: no such collection) and with the sources."""
    there = set(store_ids or ())
    known = set(filled.chunk_ids)
    lost = known - there
    lossy = filled.documents_of(lost) if lost else set()
    states = _states(filled.digests, sources.digests, lossy)
    is_other = manifest.embedding_fingerprint != embedding_fingerprint
    confirmed = filled.filling.confirmed_at if filled.filling else ""
    return IndexStatus(
        corpus=manifest.corpus,
        manifest=manifest,
        compared_with=sources.described,
        is_compared=sources.digests is not None,
        documents=sum(map(len, states.values())),
        fresh=len(states[FRESH]),
        stale=len(states[STALE]),
        missing=len(states[MISSING]),
        orphaned=len(states[ORPHANED]),
        chunks=len(known),
        store_chunks=len(there),
        lost_chunks=len(lost),
        unknown_chunks=len(there - known),
        duplicate_chunks=len(known) - filled.contents,
        other_model_chunks=len(known) if is_other else 0,
        source_age=ages(filled.updated, now),
        indexed_age=ages(filled.indexed, now),
        confirmed_at=parse_time(confirmed) if confirmed else None,
        checked_at=now,
        examples={state: _first(states[state]) for state in STATES if state != FRESH},
        remarks=_remarks(manifest, filled, store_ids is None, sources),
    )


def _states(
    documents: Mapping[str, str], digests: Mapping[str, str] | None, lossy: set[str]
) -> dict[str, list[str]]:
    """Return the ids of documents by state."""
    states: dict[str, list[str]] = {state: [] for state in STATES}
    if digests is None:
        for each in documents:
            states[MISSING if each in lossy else FRESH].append(each)
        return states
    for each, digest in digests.items():
        indexed = documents.get(each)
        if indexed is None:
            state = MISSING
        elif indexed != digest:
            state = STALE
        else:
            state = MISSING if each in lossy else FRESH
        states[state].append(each)
    states[ORPHANED] = [each for each in documents if each not in digests]
    return states


def _first(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids)[:SHOWN_IDS])


def _remarks(
    manifest: IndexManifest, filled: Filled, is_gone: bool, sources: Sources
) -> tuple[str, ...]:
    said = list(sources.remarks)
    if filled.filling is None:
        said.append("The index is of an earlier release: build it again.")
    elif is_gone:
        said.append(f"The collection {manifest.collection} is gone: build it again.")
    return tuple(said)
