"""How long the account of one release takes among a million audit events.

    python tests/benchmarks/audit_who.py [EVENTS] [SPANS]

The events are a real chain, written in bulk; one prompt in a hundred is asked about.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from llmops_magics.audit.event import GENESIS, hash_of
from llmops_magics.record import digest, format_time, parse_time, utc_now
from llmops_magics.storage.table import release_state, span
from llmops_magics.workbench.auditing import Auditing
from llmops_magics.workspace import Workspace

PROMPTS, TIMES = 100, 5
NAMES = ("seq", "time", "actor", "action", "resource", "body", "previous", "hash")
ACTIONS = ("prompt.register", "gate.run", "approval.give", "release.promote", "trace.prune")


def chain(path: str, events: int) -> None:
    """Write a chain of events, one a minute until now; indexes and triggers come after it."""
    file = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
        file.execute(f"PRAGMA {setting}")
    made = file.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE tbl_name = 'audit_event' "
        "AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for name, kind, _ in made:
        file.execute(f"DROP {kind} {name}")
    file.execute("BEGIN")
    marks = ", ".join(f":{name}" for name in NAMES)
    file.executemany(
        f"INSERT INTO audit_event ({', '.join(NAMES)}) VALUES ({marks})", events_of(events)
    )
    for _, _, sql in made:
        file.execute(sql)
    file.execute("COMMIT")
    file.execute("PRAGMA journal_mode = WAL")
    file.close()


def events_of(events: int) -> Iterator[dict[str, object]]:
    """Yield the rows of a chain."""
    previous, begun = GENESIS, utc_now() - timedelta(minutes=events)
    for seq in range(1, events + 1):
        content = {
            "seq": seq, "time": format_time(begun + timedelta(minutes=seq)),
            "actor": f"person{seq % 50}", "action": ACTIONS[seq % 5],
            "resource": f"shop/p{seq % PROMPTS}@production",
            "body": {"reason": "a reason", "evidence": []}, "previous": previous,
        }  # fmt: skip
        previous = hash_of(content)
        yield {**content, "body": json.dumps(content["body"]), "hash": previous}


def fill(workspace: Workspace, spans: int) -> None:
    """Write a release of each prompt, and spans of their calls."""
    now = format_time(utc_now())
    with workspace.store.write() as connection:
        connection.execute(insert(release_state), [_state(n, now) for n in range(PROMPTS)])
        rows = [_span(n) for n in range(spans)]
        if rows:
            connection.execute(insert(span), rows)


def _state(n: int, now: str) -> dict[str, object]:
    bundle = {
        "prompt": f"shop/p{n}", "number": 1, "prompt_digest": digest(n), "model": "m",
        "settings_digest": digest(0), "index": {},
    }  # fmt: skip
    nothing = dict.fromkeys(("salt", "rollout_id", "reason"), "")
    return nothing | {
        "environment": "production", "label": "production", "back": 0,
        "prompt": f"shop/p{n}", "generation": 1, "action": "promote",
        "state": "serving", "stable": bundle, "share": 0.0, "step": 0, "actor": "dave",
        "evidence": [], "at": now,
    }  # fmt: skip


def _span(n: int) -> dict[str, object]:
    attributes = {
        "gen_ai.operation.name": "chat", "llmops.prompt.ref": f"shop/p{n % PROMPTS}@1",
        "llmops.cost.usd": "0.001", "gen_ai.output.messages": "x" * 500,
    }  # fmt: skip
    return {
        "trace_id": f"{n:032x}", "span_id": f"{n:016x}", "parent_id": None, "name": "chat",
        "started_ns": time.time_ns(), "duration_ms": 1.0, "status": "ok", "attributes": attributes,
    }  # fmt: skip


def timed(what: str, call: object) -> None:
    """Print the fastest and slowest of a few calls."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        call()  # type: ignore[operator]
        took.append(time.perf_counter() - began)
    print(f"{what:<34} {min(took) * 1000:8.0f} to {max(took) * 1000:.0f} ms")


def main(events: int, spans: int) -> None:
    """Fill a store, and ask."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        (Path(folder) / "llmops.toml").write_text("", encoding="utf-8")
        began = time.perf_counter()
        fill(workspace, spans)
        path = str(workspace.store.engine.url.database)
        workspace.close()
        chain(path, events)
        workspace = Workspace(Path(folder))
        audit = workspace.audit
        print(f"filled in {time.perf_counter() - began:.0f} s")
        print(f"{events:,} events, {spans:,} spans")
        timed("who shop/p7@production", lambda: audit.who("shop/p7@production"))
        timed("log shop/p7@production", lambda: audit.log("shop/p7@production"))
        timed("log --action release", lambda: audit.log(action="release"))
        timed("log --actor person7 --since 1h", lambda: audit.log(actor="person7", since="1h"))
        timed("log --action prompt.register", lambda: audit.log(action="prompt.register"))
        timed("log --action keys (nothing)", lambda: audit.log(action="keys"))
        timed("log --since 1h", lambda: audit.log(since="1h"))
        timed("log --until of the first day", lambda: audit.log(until=first_day(audit)))
        timed("log --action release --until", lambda: audit.log(
            action="release", until=first_day(audit)))  # fmt: skip
        timed("log shop/p7 --since 30d", lambda: audit.log("shop/p7", since="30d"))
        workspace.close()


def first_day(audit: Auditing) -> str:
    """Return the end of the first day."""
    return format_time(parse_time(audit.show(1).time) + timedelta(days=1))


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], 1_000_000, 50_000)[:2]))
