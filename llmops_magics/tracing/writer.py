"""Write finished spans to the store in batches, from a thread of its own.

A call never waits for the disk: a span is put on a queue and is in the store at most half a
second later. A store that is locked, full or gone costs spans, counted and warned of once, and
never a call. A span that cannot be written, whatever it holds, costs no other span.
"""

from __future__ import annotations

import atexit
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from llmops_magics.errors import LlmopsError
from llmops_magics.storage.fork import renew_in_child
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.tracing.masking import Masking
from llmops_magics.tracing.repeat import Repeats
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span

FLUSH_INTERVAL_S = 0.5
MAX_BATCH = 2_000  # the pages of an index are written once a batch
MAX_QUEUED = 50_000
MAX_REASON_CHARS = 300


class SpanWriter:
    """A queue of spans and the thread that empties it into the store.

    ``observers`` get each batch too, masked as it is stored; they must not block.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        masking: Masking | None = None,
        observers: Sequence[Callable[[Sequence[Span]], None]] = (),
    ) -> None:
        self._open_store = open_store
        self._masking = masking or Masking()
        self._repeats = Repeats()
        self._observers = observers
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with nothing queued and no thread: a forked child's parent writes its own."""
        self._queue: deque[Span] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self.dropped = 0

    def put(self, span: Span) -> None:
        """Queue a span; drop it, counted, when the queue is full."""
        waiting = len(self._queue)
        if waiting < MAX_QUEUED:
            self._queue.append(span)
        else:
            self._drop(1, "the queue is full")
        if self._thread is None:
            self._start()
        if waiting >= MAX_BATCH:
            self._wake.set()

    def flush(self) -> None:
        """Write what is queued, now, in the caller's thread."""
        with self._writing:
            while batch := self._take():
                self._write(batch)

    def close(self) -> None:
        """Write what is queued and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None
        self.flush()
        atexit.unregister(self.close)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name="llmops-spans", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(FLUSH_INTERVAL_S)
            self._wake.clear()
            self.flush()

    def _take(self) -> list[Span]:
        """Take a batch off the queue; whoever flushes is the only one to do so."""
        return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]

    def _write(self, batch: list[Span]) -> None:
        masked = self._repeats.mark(self._masked(batch))
        for observe in self._observers:
            try:
                observe(masked)
            except Exception as error:  # noqa: BLE001 -- what is stored does not depend on it
                message = f"llmops_magics cannot hand spans on ({_reason(error)})."
                warnings.warn(message, RuntimeWarning, stacklevel=2)
        self._store(masked)

    def _masked(self, batch: list[Span]) -> Iterator[Span]:
        for span in batch:
            try:
                yield self._masking.span(span)
            except Exception as error:  # noqa: BLE001 -- one odd span must not end the thread
                self._drop(1, _reason(error))

    def _store(self, spans: list[Span]) -> None:
        try:
            store_spans(self._open_store(), spans)
        except (OperationalError, LlmopsError, OSError) as error:
            self._drop(len(spans), _reason(error))
        except Exception as error:  # noqa: BLE001 -- one odd span must cost no other
            if len(spans) == 1:
                self._drop(1, _reason(error))
                return
            middle = len(spans) // 2
            self._store(spans[:middle])
            self._store(spans[middle:])

    def _drop(self, count: int, why: str) -> None:
        if not self.dropped:
            warnings.warn(
                f"llmops_magics cannot store spans ({why}); calls go on without them.",
                RuntimeWarning,
                stacklevel=2,
            )
        self.dropped += count


def _reason(error: Exception) -> str:
    """Say what was wrong, without the rows that SQLAlchemy would quote."""
    return str(getattr(error, "orig", None) or error)[:MAX_REASON_CHARS]


def read_trace(store: Store, trace_id: str) -> tuple[Span, ...]:
    """Return the stored spans of a trace, by start."""
    query = (
        select(span_table)
        .where(span_table.c.trace_id == trace_id)
        .order_by(span_table.c.started_ns)
    )
    with store.read() as connection:
        return tuple(Span(**row) for row in connection.execute(query).mappings())
