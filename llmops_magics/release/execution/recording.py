"""What the models answered in a gate, one line a call, and what else a gate was about.

Two files in the ballot folder, which the kernel is told of by ``LLMOPS_GATE_RECORD``. Both are
readable after ``kill -9``: a line is written in one append, and ``evidence.json`` is replaced
whole. Nothing in them needs masking: what redaction would change is not in them.

``responses.jsonl``: one JSON object a line, in the order in which the calls ended::

    {"n": 1, "pid": 4711,          which call of which process
     "kind": "chat",               or "embedding"
     "role": "target",             "judge", or "embedding"
     "place": "sha256:…",          question, prompt, case and role: where a replay finds it
     "occurrence": 0,              the how-manieth call at that place, from 0
     "question": "sha256:…",       of model, messages or texts, settings and repeat
     "case": "c1", "prompt": "support/answer@2", "repeat": 0,
     "model": "openai/gpt-x",      as asked for
     "address": "https://…/v1",    where it went
     "source": "wire",             "cache", "double" (a test double says it is one), "record"
     "origin": "wire",             the same, but of a replayed call its source when it was made
     "double": false,              whether a test double gave it, from the cache or not
     "resolved_model": "gpt-x-2026-11-01", "system_fingerprint": "fp_1",
     "usage": {"input_tokens": 9, "output_tokens": 4, …} or null,
     "cost_usd": "0.0001" or null, "latency_ms": 812.4,
     "answer": {…} or null,        the whole answer; null where it may not be kept, or failed
     "answer_digest": "sha256:…",  of the whole answer, also where it is not kept
     "outputs": ["sha256:…", …],   digests of the text as given, as it reached the caller, masked
     "trace_id": "…",
     "error": null or {"type": "RateLimitError", "message": "…", …},
     "at": "2026-11-24T02:30:00.000000Z"}

``evidence.json`` (the runner writes it before the kernel starts, and again at the end)::

    {"version": 1,
     "mode": "live",               "replay" or "rejudge"
     "replay_of": null,            or {"gate_id", "comparable", "responses"} of the archive
     "cache": "",                  how the use of stored answers was declared, "" for not at all
     "begun_at": "…", "ended_at": "" until the end,
     "begin": {"files": {"cases.jsonl": "sha256:…"},    files that parameters name
               "datasets": {"cases": "sha256:…"},       newest version by name
               "indexes": {"docs": "sha256:…"},         fingerprint in use by corpus
               "prompts": {"support/answer": "sha256:…", "support/answer@production": "3"}},
     "end": {… the same …} or null,
     "claims": [{"run_id": "…", "prompt": "…", "model": "…", "model_calls": 40,
                 "unrecorded": ["c7", … at most 10], "unrecorded_count": 1}],
     "responses": {"count": 40, "digest": "sha256:…" of responses.jsonl, "torn": false,
                   "errors": 0, "by_source": {"wire": 40}, "by_origin": {"wire": 40},
                   "by_role": {"target": 40}, "models": {"openai/gpt-x": ["gpt-x-2026-11-01"]},
                   "fingerprints": {"openai/gpt-x": ["fp_1"]}, "unkept": 0,
                   "is_replayable": true, "input_tokens": 360, "output_tokens": 160,
                   "cost_usd": "0.0040", "unpriced": 0} or null,
     "comparable": "sha256:…",     of the decision without its time and run id, "" for none
     "problems": ["…"],            why there is no verdict, as in the result
     "notes": ["…"]}               what a reader must know all the same
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from llmops_magics.errors import GateUsageError, ReplayMissError
from llmops_magics.models.recorded import JUDGE
from llmops_magics.record import canonical_json, digest, format_time, utc_now
from llmops_magics.release.execution.ballot import FOLDER_VARIABLE
from llmops_magics.storage.fork import renew_in_child
from llmops_magics.storage.private import private_opener

RESPONSES = "responses.jsonl"
EVIDENCE = "evidence.json"
ORDER = "recorded.json"
"""What the runner tells the kernel: ``{"mode": …, "record": path of the answers or ""}``."""
LIVE, REPLAY, REJUDGE = MODES = ("live", "replay", "rejudge")
Line = dict[str, Any]


class Responses(NamedTuple):
    """The lines of a record; ``is_torn`` where the last one was cut off and is left out."""

    lines: tuple[Line, ...]
    is_torn: bool


class Recording:
    """The record of this process: writes a line a call, and finds recorded ones by their place.

    Threads may share it; several processes of a kernel append to one file. A replay answers every
    call and never asks a model; in mode ``rejudge`` judges are asked, in mode ``live`` all are.
    """

    def __init__(
        self, folder: Path, *, mode: str = LIVE, recorded: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self._path = folder / RESPONSES
        self._mode = mode
        self._recorded: dict[str, list[Mapping[str, Any]]] = {}
        for line in recorded:
            self._recorded.setdefault(line["place"], []).append(line)
        self.renew()
        renew_in_child(self)

    @property
    def is_live(self) -> bool:
        """Tell whether models are asked; else a record answers, of judges perhaps not."""
        return self._mode == LIVE

    def renew(self) -> None:
        """Begin to count anew, with a free lock."""
        self._seen: Counter[str] = Counter()
        self._written = 0
        self._lock = threading.Lock()

    def find(self, line: Line) -> Mapping[str, Any] | None:
        """Return the recorded line of a call; ``ReplayMissError`` where there is none to give."""
        with self._lock:
            line["occurrence"] = occurrence = self._seen[line["place"]]
            self._seen[line["place"]] += 1
        if self._mode == LIVE or (self._mode == REJUDGE and line["role"] == JUDGE):
            return None
        recorded = self._recorded.get(line["place"], [])
        if occurrence < len(recorded):
            return recorded[occurrence]
        raise ReplayMissError(
            f"the record holds no answer to this call of {line['model']} "
            f"({line['question'][:19]}…, time {occurrence + 1}).",
            hint="The prompt, the data, the index or the notebook is another than when it was "
            "recorded: run the gate live.",
        )

    def add(self, line: Line) -> None:
        """Append a line, in one write that outlasts this process."""
        with self._lock:
            self._written += 1
            whole = {"n": self._written, "pid": os.getpid(), **line, "at": format_time(utc_now())}
            descriptor = private_opener(
                str(self._path), os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            )
            try:
                os.write(descriptor, canonical_json(whole) + b"\n")
            finally:
                os.close(descriptor)


@cache
def open_recording() -> Recording | None:
    """Return the record of this kernel, None outside a gate.

    Raises ``GateUsageError`` for an order of the runner that cannot be read.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder or not Path(folder, ORDER).exists():
        return None
    order = json.loads(Path(folder, ORDER).read_bytes())
    recorded = in_order(read_responses(Path(order["record"])).lines) if order["record"] else ()
    return Recording(Path(folder), mode=order["mode"], recorded=recorded)


def write_order(folder: Path, mode: str, record: Path | None) -> None:
    """Tell the kernel that will work with ``folder`` to record, and what to answer from."""
    order = {"mode": mode, "record": "" if record is None else str(record.resolve())}
    (folder / ORDER).write_bytes(canonical_json(order))


def read_responses(path: Path) -> Responses:
    """Read a record; a last line that was cut off is left out. No file is an empty record.

    Raises ``GateUsageError`` for a line that is none, or whose answer has another digest.
    """
    content = path.read_bytes() if path.exists() else b""
    *whole, rest = content.split(b"\n")
    return Responses(tuple(_read(line, n) for n, line in enumerate(whole, 1)), bool(rest))


def in_order(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines in which equal calls were asked: by process, then by occurrence."""
    places: dict[int, int] = {}
    every = list(lines)
    for line in every:
        places.setdefault(line["pid"], len(places))
    yield from sorted(every, key=lambda line: (places[line["pid"]], line["occurrence"]))


def _read(content: bytes, number: int) -> Line:
    try:
        line: Line = json.loads(content)
        answer = line["answer"]
        is_whole = answer is None or digest(answer) == line["answer_digest"]
        line["place"], line["occurrence"], line["pid"], line["origin"], line["question"]
    except (ValueError, KeyError, TypeError) as error:
        raise GateUsageError(f"Line {number} of {RESPONSES} is no recorded call.") from error
    if not is_whole:
        raise GateUsageError(
            f"Line {number} of {RESPONSES} holds another answer than was recorded.",
            hint="The record was changed: verify the dossier.",
        )
    return line
