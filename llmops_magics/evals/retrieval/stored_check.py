"""Runs of retrievers in the store: written whole when a check is done, and found again by it.

A retriever's run is an ordinary eval run whose prompt is ``retrieval:CORPUS/RETRIEVER``; its
configuration names the check, the index, and the artifact with the ranked lists.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from llmops_magics.errors import UsageError
from llmops_magics.evals.history import MAX_NAME_CHARS, RunHistory
from llmops_magics.evals.retrieval.ranked import RankedLists, read_ranked
from llmops_magics.record import digest
from llmops_magics.storage.table import eval_run

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.evals.target import Target
    from llmops_magics.storage.store import Store

PREFIX = "retrieval:"
NEWEST = "newest"
_ID_PREFIX = "check-"
_LEAST_DIGITS = 4
_DIGEST_CHARS = len("sha256:") + 12
_AT_ONCE = 500


def new_check_id() -> str:
    """Return an id that sorts by time: ``check-<hex milliseconds>-<random>``."""
    return f"{_ID_PREFIX}{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"


@dataclass(frozen=True, kw_only=True)
class RetrieverTarget:
    """What is evaluated: a retriever over one state of an index."""

    corpus: str
    retriever: str
    index_fingerprint: str
    number: int = 0

    @property
    def name(self) -> str:
        """The name that the run is listed by."""
        return f"{PREFIX}{self.corpus}/{self.retriever}"[:MAX_NAME_CHARS]

    @property
    def digest(self) -> str:
        """Digest of what decides the answers."""
        return digest({"index": self.index_fingerprint, "retriever": self.retriever})

    @property
    def ref(self) -> str:
        """The name with the digest's first digits, as a run that is read back has it."""
        return f"{self.name}@{self.digest[:_DIGEST_CHARS]}"


@dataclass(frozen=True, kw_only=True)
class StoredCheck:
    """A check that was made: its runs by retriever, oldest first, and where the lists lie.

    ``groups`` are those of whom it was made for, None where an earlier release did not note them.
    """

    check_id: str
    corpus: str
    run_ids: Mapping[str, str]
    dataset_digest: str
    started_at: str
    ks: tuple[int, ...]
    depth: int
    k: int
    index_fingerprints: Mapping[str, str]
    ranked_artifact: str = field(repr=False)
    groups: frozenset[str] | None = None


def keep_run(
    history: RunHistory, run: EvalRun, target: RetrieverTarget, notes: Mapping[str, Any]
) -> str:
    """Store a finished run with its samples; return its id."""
    run_id = history.start(
        cast("Target", target),  # of which name, number and digest are read
        dataset_digest=run.dataset_digest,
        model="",
        config={
            "repeats": 1,
            "scorers": run.scorer_digests,
            "overrides": run.settings,
            "retrieval": {**notes, "retriever": target.retriever, "corpus": target.corpus},
        },
        started_at=run.started_at,
    )
    for start in range(0, len(run.samples), _AT_ONCE):
        history.add(run_id, run.samples[start : start + _AT_ONCE])
    history.finish(run_id, run.summary)
    return run_id


def find_check(store: Store, written: str, *, corpus: str = "") -> StoredCheck:
    """Return the check that is meant: its id, the last 4 digits of it or more, or ``newest``.

    Raises ``UsageError`` for none and for several.
    """
    checks = stored_checks(store, corpus)
    if written == NEWEST:
        found = checks[:1]
    else:
        found = [check for check in checks if check.check_id == written]
        is_ending = len(written) >= _LEAST_DIGITS
        found = found or [c for c in checks if is_ending and c.check_id.endswith(written)]
    if len(found) == 1:
        return found[0]
    of = f" of {corpus}" if corpus else ""
    if found:
        raise UsageError(f"More than one check{of} ends in {written!r}.", hint="Give more digits.")
    raise UsageError(
        f"there is no retrieval check {written!r}{of}.",
        hint="A check's report names its id; the last 4 digits are enough.",
    )


def stored_checks(store: Store, corpus: str = "") -> list[StoredCheck]:
    """Return the checks of a corpus, or all, the newest first."""
    start = f"{PREFIX}{corpus}/" if corpus else PREFIX
    query = (
        select(eval_run)
        .where(
            eval_run.c.status == "finished",
            eval_run.c.prompt_name.startswith(start, autoescape=True),
        )
        .order_by(eval_run.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    grouped: dict[str, list[Mapping[Any, Any]]] = {}
    for row in rows:
        notes = row["config"].get("retrieval")
        if notes and not notes.get("is_baseline"):
            grouped.setdefault(notes["check"], []).append(row)
    return [_stored(check_id, own) for check_id, own in reversed(grouped.items())]


def ranked_lists(store: Store, check: StoredCheck) -> RankedLists:
    """Read the ranked lists of a check; raises ``ArtifactError`` where they are gone."""
    return read_ranked(store.artifacts.get(check.ranked_artifact))


def _stored(check_id: str, rows: Sequence[Mapping[Any, Any]]) -> StoredCheck:
    notes = [row["config"]["retrieval"] for row in rows]
    first = notes[0]
    return StoredCheck(
        check_id=check_id,
        corpus=first["corpus"],
        run_ids={note["retriever"]: row["id"] for note, row in zip(notes, rows, strict=True)},
        dataset_digest=rows[0]["dataset_digest"],
        started_at=rows[0]["started_at"],
        ks=tuple(first["ks"]),
        depth=first["depth"],
        k=first["k"],
        index_fingerprints={note["retriever"]: note["index"] for note in notes},
        ranked_artifact=first["ranked"],
        groups=frozenset(first["groups"]) if "groups" in first else None,
    )
