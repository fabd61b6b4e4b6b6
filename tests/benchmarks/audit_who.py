"""How long the account of one release takes among a million audit events.

    python tests/benchmarks/audit_who.py [EVENTS] [SPANS]

The events are a real chain, written in bulk; one prompt in a hundred is asked about.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from llmops_magics.audit.event import GENESIS, hash_of
from llmops_magics.record import digest, format_time, utc_now
from llmops_magics.storage.table import release_state, span
from llmops_magics.workspace import Workspace

PROMPTS, BATCH, TIMES = 100, 50_000, 5
ACTIONS = ("prompt.register", "gate.run", "approval.give", "release.promote", "trace.prune")


def fill(workspace: Workspace, events: int, spans: int) -> None:
    """Write a chain of events, a release of each prompt, and spans of their calls."""
    previous, now = GENESIS, format_time(utc_now())
    for start in range(0, events, BATCH):
        rows = []
        for seq in range(start + 1, min(start + BATCH, events) + 1):
            n = seq % PROMPTS
            content = {
                "seq": seq, "time": now, "actor": f"person{seq % 50}",
                "action": ACTIONS[seq % 5], "resource": f"shop/p{n}@production",
                "body": {"reason": "a reason", "evidence": []}, "previous": previous,
            }  # fmt: skip
            previous = hash_of(content)
            rows.append({**content, "body": json.dumps(content["body"]), "hash": previous})
        columns = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        with workspace.store.write() as connection:
            text = f"INSERT INTO audit_event ({columns}) VALUES ({marks})"
            connection.exec_driver_sql(text, rows)
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
        fill(workspace, events, spans)
        audit = workspace.audit
        print(f"{events:,} events, {spans:,} spans")
        timed("who shop/p7@production", lambda: audit.who("shop/p7@production"))
        timed("log shop/p7@production", lambda: audit.log("shop/p7@production"))
        timed("log --action release", lambda: audit.log(action="release"))
        timed("log --actor person7 --since 1h", lambda: audit.log(actor="person7", since="1h"))
        workspace.close()


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], 1_000_000, 50_000)[:2]))
