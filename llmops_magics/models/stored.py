"""The stored answers behind the cache, and the thread that writes them.

New answers are written in batches, at most half a second later; until then they are read from
memory. Several processes may share a store: whoever answers a question first is kept. No call
fails for it: what cannot be read is asked anew, and what cannot be written is warned of once.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from llmops_magics.config.settings import CacheSettings
from llmops_magics.errors import LlmopsError
from llmops_magics.models.answer import read_answer, write_answer
from llmops_magics.models.chat import ChatResponse
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.fork import renew_in_child

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

FLUSH_INTERVAL_S = 0.5
MAX_BATCH = 500
PRUNE_EVERY = 5_000  # answers written


class Found(NamedTuple):
    """What stands under a key; ``is_taken`` without an answer: a row that is of no use."""

    answer: ChatResponse | None
    is_taken: bool


class _New(NamedTuple):
    """An answer that is not written yet; it may replace what is stored."""

    model: str
    answer: ChatResponse
    created_at: str
    replaces: bool


class ResponseCache:
    """The stored answers: looked up by key, filled in batches, bounded by age and number."""

    def __init__(
        self, open_store: Callable[[], Store], settings: CacheSettings | None = None
    ) -> None:
        self._open_store = open_store
        self._settings = settings or CacheSettings()
        self.unwritten = 0
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with no thread and free locks; what the parent has not written, it will write."""
        self._new: dict[str, _New] = {}
        self._changing = threading.Lock()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._until_pruning = 0
        self._complained = False

    async def get(self, key: str, endpoint: str) -> Found:
        """Look up an answer, which will carry the name ``endpoint``.

        SQLite is read here and now: that takes less than handing it to a thread.
        """
        new = self._new.get(key)
        if new is not None:
            return Found(replace(new.answer, endpoint=endpoint, cached=True, retries=0), True)
        from llmops_magics.models.answer_table import find

        try:
            store = self._open_store()
            is_near = store.engine.dialect.name == "sqlite"
            row = find(store, key) if is_near else await asyncio.to_thread(find, store, key)
        except LlmopsError as error:
            self._complain(f"cannot read stored answers ({error.message})")
            return Found(None, False)
        if row is None:
            return Found(None, False)
        is_fresh = row.created_at > self._oldest()
        return Found(read_answer(key, row.body, endpoint) if is_fresh else None, True)

    def put(self, key: str, model: str, answer: ChatResponse, *, replaces: bool = False) -> None:
        """Keep an answer. One that another process has kept meanwhile stays, unless replaced."""
        new = _New(model[:200], answer, format_time(utc_now()), replaces)
        with self._changing:
            self._new[key] = new
        if self._thread is None:
            self._start()

    def flush(self) -> None:
        """Write what is new, now, in the caller's thread."""
        with self._writing:
            while batch := self._batch():
                self._write(batch)
                with self._changing:
                    for key, new in batch.items():
                        if self._new.get(key) is new:
                            del self._new[key]

    def close(self) -> None:
        """Write what is new and end the thread; the next answer starts another one."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(10)
            atexit.unregister(self.close)
        self.flush()

    def _start(self) -> None:
        with self._changing:
            if self._thread is None:
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop,), name="llmops-answers", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(FLUSH_INTERVAL_S):
            self.flush()

    def _batch(self) -> dict[str, _New]:
        with self._changing:
            return dict(list(self._new.items())[:MAX_BATCH])

    def _write(self, batch: dict[str, _New]) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        from llmops_magics.models.answer_table import add, prune

        rows = [_row(key, new) for key, new in batch.items()]
        replacing = frozenset(key for key, new in batch.items() if new.replaces)
        try:
            store = self._open_store()
            add(store, rows, replacing)
            self._until_pruning -= len(rows)
            if self._until_pruning <= 0:
                self._until_pruning = PRUNE_EVERY
                prune(store, self._oldest(), self._settings.max_answers)
        except (SQLAlchemyError, LlmopsError, OSError) as error:
            self.unwritten += len(rows)
            self._complain(f"cannot store answers ({error})")

    def _oldest(self) -> str:
        return format_time(utc_now() - timedelta(days=self._settings.max_age_days))

    def _complain(self, what: str) -> None:
        if not self._complained:
            self._complained = True
            warnings.warn(
                f"llmops_magics {what}; calls go on without the cache.",
                RuntimeWarning,
                stacklevel=2,
            )


def _row(key: str, new: _New) -> dict[str, object]:
    body = write_answer(key, new.answer)
    return {"key": key, "model": new.model, "body": body, "created_at": new.created_at}
