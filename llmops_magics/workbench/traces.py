"""What one does with traces, all in one place: ``workspace.traces``.

Each method is what ``%llm_trace`` and ``llmops trace`` call. Spans that this process has not
written yet are written first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import select

from llmops_magics.config.home import expanded
from llmops_magics.errors import UsageError
from llmops_magics.record import Record
from llmops_magics.storage.table import trace as trace_table
from llmops_magics.tracing.masking import Masking
from llmops_magics.tracing.moment import moment_ns
from llmops_magics.tracing.otlp import read_otlp, write_otlp
from llmops_magics.tracing.repeat import Repeats, by_end
from llmops_magics.tracing.retention import TracePrune, prune
from llmops_magics.tracing.search import TraceList, TraceSearch, search
from llmops_magics.tracing.stored import TraceDetail, load_detail
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.writer import read_trace

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.trace import Span

LAST = "last"
CELL = "cell"
_RUN = re.compile(r"run-[0-9a-f]+-[0-9a-f]+")
_ID = re.compile(r"[0-9a-f]{4,32}")
_AGE = re.compile(r"\A\d++(?:\.\d++)?\s*+[smhdw]")
_BATCH = 500
_MAX_BYTES = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class TraceTransfer(Record):
    """Spans that were read from a file or written to one; ``is_new`` counts what was not there."""

    kind: ClassVar[str] = "trace-transfer"

    action: str  # import or export
    path: str
    traces: int
    spans: int
    new_spans: int = 0


class Traces:
    """The traces of a workspace: found, looked into, carried in and out, and forgotten."""

    def __init__(
        self,
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        flush: Callable[[], None] = lambda: None,
        masking: Callable[[], Masking] = Masking,
        annotate: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {},
        keep: Callable[[], timedelta] = timedelta,
    ) -> None:
        self._store = store
        self._keep = keep
        self._actor = actor
        self._flush = flush
        self._masking = masking
        self._annotate = annotate

    def search(self, asked: TraceSearch | None = None, **fields: Any) -> TraceList:
        """Find traces: ``search(model="openai/gpt-4.1", where="latency_ms > 2000")``."""
        self._flush()
        return search(self._store(), replace(asked or TraceSearch(), **fields))

    def show(self, which: str = LAST) -> TraceDetail | TraceList:
        """Return the ``last`` trace, that of the last ``cell``, or the one whose id begins so.

        An eval run's id returns the list of its traces, the failed and slow ones first to find.
        """
        self._flush()
        written = which.strip()
        if _RUN.fullmatch(written):
            return self.search(run=written)
        detail = load_detail(self._store(), self._resolve(written))
        if detail is None:
            raise _unknown(written)
        return detail

    def import_file(self, path: str | Path) -> TraceTransfer:
        """Read OTLP JSON, or JSONL of it, and store its spans, masked as our own are.

        Spans that are there already are left as they are, so a file may be read again.
        """
        source = expanded(path)
        text = _read(source)
        masking, repeats, spans, new, traces = self._masking(), Repeats(), 0, 0, set()
        read = read_otlp(text)
        while batch := list(islice(read, _BATCH)):
            masked = [masking.span(self._priced(span)) for span in batch]
            new += store_spans(self._store(), repeats.mark(by_end(masked)))
            spans += len(batch)
            traces |= {span.trace_id for span in batch}
        return TraceTransfer(
            action="import", path=str(path), traces=len(traces), spans=spans, new_spans=new
        )

    def export(
        self,
        path: str | Path,
        *,
        which: str = "",
        asked: TraceSearch | None = None,
        overwrite: bool = False,
    ) -> TraceTransfer:
        """Write traces as OTLP JSON, or one trace a line where the file ends in ``.jsonl``.

        ``which`` is a trace as in ``show``, or else ``asked`` says which ones.
        """
        target = expanded(path)
        if target.exists() and not overwrite:
            raise UsageError(f"{path} is there already.", hint="Add --overwrite to replace it.")
        self._flush()
        ids = self._wanted(which, asked)
        count = _write(target, (read_trace(self._store(), trace_id) for trace_id in ids))
        return TraceTransfer(action="export", path=str(path), traces=len(ids), spans=count)

    def prune(self, *, older_than: str, dry_run: bool = False) -> TracePrune:
        """Forget traces that ended so long ago (``30d``), or before a date.

        What their calls add up to by day stays, and so does every trace of an eval run, of a
        prompt that is held (``workspace.audit.hold``), or younger than ``[audit] retention``.
        """
        if not _AGE.fullmatch(older_than.strip()) and not older_than.strip()[:4].isdigit():
            raise UsageError(f"{older_than!r} is no age.", hint="Write --older-than 30d.")
        self._flush()
        before = moment_ns(older_than)
        return prune(self._store(), before, dry_run=dry_run, actor=self._actor(), keep=self._keep())

    def _wanted(self, which: str, asked: TraceSearch | None) -> list[str]:
        if which and not _RUN.fullmatch(which):
            return [self._resolve(which)]
        wanted = asked or TraceSearch()
        found = search(self._store(), replace(wanted, run=which) if which else wanted)
        return [summary.trace_id for summary in found.traces]

    def _resolve(self, written: str) -> str:
        """Return the id that is meant."""
        column, query = trace_table.c.trace_id, select(trace_table.c.trace_id)
        if written in (LAST, CELL):
            if written == CELL:
                query = query.where(trace_table.c.cell.is_not(None))
            query = query.order_by(trace_table.c.started_ns.desc()).limit(1)
        elif _ID.fullmatch(written.lower()):
            begin = written.lower()
            query = query.where(column >= begin, column < begin + "g").limit(2)
        else:
            raise UsageError(
                f"{written[:60]!r} names no trace.",
                hint="Write last, cell, 4 or more digits of a trace's id, or a run's id.",
            )
        with self._store().read() as connection:
            found = [trace_id for (trace_id,) in connection.execute(query)]
        if not found:
            raise _unknown(written)
        if len(found) > 1:
            raise UsageError(f"Several traces begin with {written!r}.", hint="Write more of it.")
        return str(found[0])

    def _priced(self, span: Span) -> Span:
        extra = self._annotate(span.attributes)
        return replace(span, attributes={**extra, **span.attributes}) if extra else span


def _write(target: Path, traces: Iterable[tuple[Span, ...]]) -> int:
    if target.suffix == ".jsonl":
        count = 0
        with target.open("w", encoding="utf-8") as stream:
            for spans in traces:
                stream.write(json.dumps(write_otlp(spans), ensure_ascii=False) + "\n")
                count += len(spans)
        return count
    every = [span for spans in traces for span in spans]
    target.write_text(json.dumps(write_otlp(every), ensure_ascii=False), encoding="utf-8")
    return len(every)


def _read(source: Path) -> str:
    try:
        if source.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{source} is over 1 GB.", hint="Split it by lines.")
        return source.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"cannot read {source}: {error.strerror}.") from None


def _unknown(written: str) -> UsageError:
    there = (
        "There is no trace yet." if written in (LAST, CELL) else f"There is no trace {written!r}."
    )
    return UsageError(there, hint="`%llm_trace` lists those that are stored.")
