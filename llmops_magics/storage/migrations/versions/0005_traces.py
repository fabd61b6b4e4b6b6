"""What is searched of a trace: one row each beside its spans; and what a day's calls add up to.

Traces that are stored already get their rows here, folded from their spans as they are.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COUNTS = ("span_count", "call_count", "error_count", "unpriced_calls", "cached_calls")
TOKENS = ("input_tokens", "output_tokens")
VALUES = {
    "models": "gen_ai.request.model",
    "prompts": "llmops.prompt.ref",
    "runs": "llmops.run.id",
    "sessions": "session.id",
    "users": "user.id",
}
CALLS = {"chat", "text_completion", "generate_content", "embeddings"}
ERRORS = (
    ("rate_limit", re.compile("rate.?limit|too.?many.?requests|quota", re.IGNORECASE)),
    ("timeout", re.compile("time.?d?.?out|deadline", re.IGNORECASE)),
    ("malformed_output", re.compile("bad.?response|json.?decode", re.IGNORECASE)),
)
FINISHES = {"length": "truncated", "content_filter": "content_filter", "refusal": "refusal"}
BATCH = 500


def upgrade() -> None:
    """Make the tables, and fold what is there."""
    table = _traces()
    _days()
    connection = op.get_bind()
    columns = "trace_id, span_id, parent_id, name, started_ns, duration_ms, status, attributes"
    query = sa.text(f"SELECT {columns} FROM span ORDER BY trace_id, started_ns")  # noqa: S608
    # Of this statement alone: on the connection it would make cursors of all that follow.
    found = connection.execute(query, execution_options={"yield_per": BATCH})
    rows = (_fold(trace_id, spans) for trace_id, spans in groupby(found, key=itemgetter(0)))
    while batch := list(islice(rows, BATCH)):
        connection.execute(table.insert(), batch)


def _traces() -> sa.Table:
    table = op.create_table(
        "trace",
        sa.Column("trace_id", sa.String(32), primary_key=True),
        sa.Column("root_id", sa.String(16)),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("ended_ns", sa.BigInteger, nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in TOKENS),
        sa.Column("cost_usd", sa.String(40), nullable=False),
        sa.Column("cell", sa.Integer),
        sa.Column("notebook", sa.String(300), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in VALUES),
        sa.Column("failures", sa.Text, nullable=False),
    )
    op.create_index("trace_by_time", "trace", ["started_ns", "status", "latency_ms"])
    op.create_index("trace_by_latency", "trace", ["latency_ms", "started_ns"])
    return table


def _days() -> None:
    op.create_table(
        "trace_day",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("model", sa.String(300), primary_key=True),
        sa.Column("prompt", sa.String(300), primary_key=True),
        sa.Column("notebook", sa.String(300), primary_key=True),
        sa.Column("purpose", sa.String(300), primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )


def _fold(trace_id: str, spans: Iterable[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "trace_id": trace_id,
        "root_id": None,
        "status": "ok",
        "cell": None,
        "notebook": "",
    }
    row |= dict.fromkeys((*COUNTS, *TOKENS), 0) | {"started_ns": None, "ended_ns": 0}
    values: dict[str, list[str]] = {name: [] for name in VALUES}
    failures: Counter[str] = Counter()
    cost = Decimal(0)
    for _, span_id, parent_id, name, started_ns, duration_ms, status, stored in spans:
        attributes = json.loads(stored) if isinstance(stored, str) else stored
        if row["started_ns"] is None:
            row |= {"started_ns": started_ns, "name": name}
        if parent_id is None:
            row |= {"root_id": span_id, "name": name}
        row["ended_ns"] = max(row["ended_ns"], started_ns + round(duration_ms * 1e6))
        row["span_count"] += 1
        if status == "error":
            row |= {"status": "error", "error_count": row["error_count"] + 1}
        is_call = attributes.get("gen_ai.operation.name") in CALLS
        failure = _failure(status, attributes, is_call=is_call)
        if failure:
            failures[failure] += 1
        if is_call:
            cost += _add_call(row, status, attributes)
        for column, attribute in VALUES.items():
            text = str(attributes.get(attribute) or "")[:300]
            if text and text not in values[column] and len(values[column]) < 50:
                values[column].append(text)
        row["notebook"] = str(attributes.get("llmops.notebook") or row["notebook"])[:300]
        row["cell"] = attributes.get("llmops.cell.number", row["cell"])
    row["latency_ms"] = (row["ended_ns"] - row["started_ns"]) / 1e6
    row |= {"cost_usd": format(cost, "f"), "failures": json.dumps(failures)}
    return row | {name: json.dumps(found) for name, found in values.items()}


def _add_call(row: dict[str, Any], status: str, attributes: dict[str, Any]) -> Decimal:
    row["call_count"] += 1
    row["cached_calls"] += bool(attributes.get("llmops.cache.hit"))
    for name in TOKENS:
        tokens = attributes.get(f"gen_ai.usage.{name}")
        row[name] += tokens if isinstance(tokens, int) and tokens > 0 else 0
    try:
        return Decimal(str(attributes["llmops.cost.usd"]))
    except (KeyError, InvalidOperation):
        cancelled = attributes.get("error.type") == "CancelledError"
        row["unpriced_calls"] += status != "error" or cancelled
        return Decimal(0)


def _failure(status: str, attributes: dict[str, Any], *, is_call: bool) -> str:
    if status == "error":
        kind = str(attributes.get("error.type") or "")
        return next((name for name, pattern in ERRORS if pattern.search(kind)), "other_error")
    reasons = attributes.get("gen_ai.response.finish_reasons") if is_call else None
    return next((FINISHES[r] for r in reasons or () if r in FINISHES), "")
