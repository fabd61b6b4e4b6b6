"""Every table of the store, as SQLAlchemy Core sees it.

Rows are insert-only unless a column says otherwise; times are RFC 3339 text in UTC
(``record.format_time``), digests are tagged (``sha256:…``), money is decimal text.
A change here goes with a migration in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()

# The prompt tables are append-only: a trigger refuses every UPDATE and DELETE.
prompt_version = Table(
    "prompt_version",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("source", Text, nullable=False),  # the .prompty text as written
    Column("content", JSON, nullable=False),  # what the digest is taken of
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", String(32), nullable=False),
    # What is shown but not hashed: description, sample and the variables read, so that a version
    # is loaded without parsing it. NULL in rows of 0001: their source is parsed again.
    Column("details", JSON(none_as_null=True)),
    Index("prompt_version_by_digest", "name", "digest"),
    # All a log shows, so that it need not walk through sources. SQLite only: PostgreSQL keeps
    # large values apart anyway, and limits what an index entry may hold.
    Index(
        "prompt_version_log", "name", "number", "digest", "message", "author", "created_at"
    ).ddl_if(dialect="sqlite"),
)

# The newest row of a name and label is where the label points.
label_move = Table(
    "label_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("label", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("moved_at", String(32), nullable=False),
    Column("action", String(20), nullable=False, server_default="move"),  # or rollback, forward
    Column("reason", Text, nullable=False, server_default=""),
    Column("forced", Boolean, nullable=False, server_default=false()),
    Index("label_move_by_name", "name", "label", "id"),
)

# The newest row of a version and key counts.
prompt_tag = Table(
    "prompt_tag",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", String(80), nullable=False),
    Column("value", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("tagged_at", String(32), nullable=False),
    Index("prompt_tag_by_version", "name", "number", "id"),
)

# Which prompts a version holds the text of, directly or through others.
prompt_include = Table(
    "prompt_include",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("included", String(200), nullable=False),
    Column("included_digest", String(80), nullable=False),
    Column("through", JSON, nullable=False),  # the names between, outermost first
    Index("prompt_include_by_included", "included", "name", "number"),
)

# The newest row of a name says whether it is put away.
prompt_archive = Table(
    "prompt_archive",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Index("prompt_archive_by_name", "name", "id"),
)

# Cases by their digest, each kept once; append-only like the two tables below. ``name`` is the one
# they were first registered under.
dataset_content = Table(
    "dataset_content",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("case_count", Integer, nullable=False),
    Column("artifact", String(80), nullable=False),
    Column("created_at", String(32), nullable=False),
)

dataset_version = Table(
    "dataset_version",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("schema", JSON(none_as_null=True)),  # NULL in rows of 0002: inferred when asked for
    Column("is_schema_set", Boolean, nullable=False),  # written by hand, not inferred
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("dataset_version_by_digest", "digest", "name"),
)

# The newest row of a name says whether it is frozen.
dataset_freeze = Table(
    "dataset_freeze",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),  # its newest version then
    Column("frozen", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Index("dataset_freeze_by_name", "name", "id"),
)

eval_run = Table(
    "eval_run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("status", String(20), nullable=False),  # running, finished: the one column that moves
    Column("prompt_name", String(200), nullable=False, index=True),
    Column("prompt_number", Integer, nullable=False),
    Column("prompt_digest", String(80), nullable=False),
    Column("dataset_digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("model", String(200), nullable=False),
    Column("config", JSON, nullable=False),
    Column("summary", JSON),  # filled when finished
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
)

sample = Table(
    "sample",
    metadata,
    Column("run_id", String(40), ForeignKey("eval_run.id"), primary_key=True),
    Column("case_id", String(200), primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
)

# The newest licence of a digest counts: judge, its prompt, model and rubric. Append-only.
judge_licence = Table(
    "judge_licence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("judge", String(200), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("dataset_digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("issued_at", String(32), nullable=False),
    Index("judge_licence_by_digest", "digest", "id"),
)

# What reviewers did to the samples of a run, in order; an undo is an action too. Append-only.
review_action = Table(
    "review_action",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), ForeignKey("eval_run.id"), nullable=False),
    Column("case_id", String(200), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("action", String(40), nullable=False),
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("review_action_by_run", "run_id", "id"),
)

# Answers of models by the digest of what was asked: a cache, so rows may be deleted.
response = Table(
    "response",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("model", String(200), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("response_by_time", "created_at"),
)

span = Table(
    "span",
    metadata,
    Column("trace_id", String(32), primary_key=True),
    Column("span_id", String(16), primary_key=True),
    Column("parent_id", String(16)),
    Column("name", String(300), nullable=False),
    Column("started_ns", BigInteger, nullable=False, index=True),
    Column("duration_ms", Float, nullable=False),
    Column("status", String(10), nullable=False),
    Column("attributes", JSON, nullable=False),
)

# What is searched of a trace: its spans folded into one row, which grows as they come. What has
# several values (models to users, and failures, counted) is JSON text.
trace = Table(
    "trace",
    metadata,
    Column("trace_id", String(32), primary_key=True),
    Column("root_id", String(16)),  # NULL while the root has not ended
    Column("name", String(300), nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("status", String(10), nullable=False),
    Column("span_count", Integer, nullable=False),
    Column("call_count", Integer, nullable=False),
    Column("error_count", Integer, nullable=False),
    Column("unpriced_calls", Integer, nullable=False),
    Column("cached_calls", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", String(40), nullable=False),  # of the calls whose price was known
    Column("cell", Integer),
    Column("notebook", String(300), nullable=False),
    Column("models", Text, nullable=False),
    Column("prompts", Text, nullable=False),
    Column("runs", Text, nullable=False),
    Column("sessions", Text, nullable=False),
    Column("users", Text, nullable=False),
    Column("failures", Text, nullable=False),
    Index("trace_by_time", "started_ns", "status", "latency_ms"),
    Index("trace_by_latency", "latency_ms", "started_ns"),
)

# What the calls of a day (UTC) add up to whose spans were pruned. Empty texts stand for none.
trace_day = Table(
    "trace_day",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("model", String(300), primary_key=True),
    Column("prompt", String(300), primary_key=True),
    Column("notebook", String(300), primary_key=True),
    Column("purpose", String(300), primary_key=True),
    Column("body", JSON, nullable=False),
)

# What the calls of an hour or a day (UTC) add up to whose spans are there: a cache, whose rows go
# when a span of the period comes or goes. ``body`` is NULL while ``claim`` says who reads them.
call_period = Table(
    "call_period",
    metadata,
    Column("period", String(13), primary_key=True),
    Column("claim", String(32), nullable=False),
    Column("body", JSON(none_as_null=True)),
)

# The newest row of a name is the monitor, unless it says removed. Append-only.
monitor = Table(
    "monitor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("rule", Text, nullable=False),
    Column("min_calls", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("monitor_by_name", "name", "id"),
)

# Every change of a monitor's state; the newest row is the state. Append-only.
monitor_state = Table(
    "monitor_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("monitor_id", Integer, ForeignKey("monitor.id"), nullable=False),
    Column("before", String(20), nullable=False),  # empty for the first one
    Column("state", String(20), nullable=False),  # ok, alert, no data
    Column("body", JSON, nullable=False),  # what was measured
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("monitor_state_by_monitor", "monitor_id", "id"),
)

# Budgets as they were last set. Money of the three tables is in whole billionths of a US dollar:
# one statement can add and compare it exactly.
budget = Table(
    "budget",
    metadata,
    Column("name", String(300), primary_key=True),  # scope and period: "prompt:geo/capital/day"
    Column("scope", String(300), nullable=False),
    Column("period", String(10), nullable=False),
    Column("limit_nano", BigInteger, nullable=False),
    Column("warn", JSON, nullable=False),  # percentages
    Column("action", String(10), nullable=False),  # warn, block
    Column("actor", String(200), nullable=False),
    Column("set_at", String(32), nullable=False),
)

# What was spent and is held of a budget in one day, week or month. It outlives the budget.
budget_window = Table(
    "budget_window",
    metadata,
    Column("budget", String(300), primary_key=True),
    Column("window_start", String(32), primary_key=True),
    Column("spent_nano", BigInteger, nullable=False, server_default="0"),
    Column("held_nano", BigInteger, nullable=False, server_default="0"),
    Column("estimated_nano", BigInteger, nullable=False, server_default="0"),  # of what is spent
    Column("lapsed_nano", BigInteger, nullable=False, server_default="0"),  # freed, never settled
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("unpriced_calls", Integer, nullable=False, server_default="0"),
    Column("warned", Integer, nullable=False, server_default="0"),  # the highest percentage
    Column("opened_at", String(32), nullable=False),  # of the first call, or earlier
    Column("breached_at", String(32)),
)

# What calls under way have reserved; gone when they are settled, or when their owner is.
budget_hold = Table(
    "budget_hold",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("budget", String(300), primary_key=True),
    Column("window_start", String(32), nullable=False),
    Column("amount_nano", BigInteger, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("expires_ms", BigInteger, nullable=False),  # Unix time
    sqlite_with_rowid=False,
)

# Documents as they were read once; the body names the artifacts that hold them. Append-only.
corpus_version = Table(
    "corpus_version",
    metadata,
    Column("corpus", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("fingerprint", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Column("registered_at", String(32), nullable=False),
    Index("corpus_version_by_fingerprint", "fingerprint", "corpus"),
)

# The newest row of a corpus is where it is read from; a folder may move. Append-only.
corpus_source = Table(
    "corpus_source",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("number", Integer, nullable=False),  # its newest version then
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("corpus_source_by_corpus", "corpus", "id"),
)

# The newest row of a corpus names the index that is in use, unless it says dropped. Append-only.
index_move = Table(
    "index_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("action", String(20), nullable=False),  # build, refresh, revert or drop
    Column("fingerprint", String(80), nullable=False),
    Column("collection", String(120), nullable=False),
    Column("body", JSON, nullable=False),  # the manifest
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("index_move_by_corpus", "corpus", "id"),
)

# The collections that are there, or are being filled; a row goes with its collection. Of a
# collection that nothing points to nothing is read.
index_filling = Table(
    "index_filling",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("collection", String(120), nullable=False, unique=True),
    Column("fingerprint", String(80), nullable=False),
    Column("server", Text, nullable=False),  # empty for the workspace's own folder
    Column("owner", String(200), nullable=False),  # the machine that fills it
    Column("created_at", String(32), nullable=False),
    Column("filled_at", String(32)),
    Column("confirmed_at", String(32)),  # when it was last seen to be what the corpus holds
    Index("index_filling_by_corpus", "corpus", "id"),
)

# What a collection was filled with, as its builder knows it.
index_document = Table(
    "index_document",
    metadata,
    Column("filling", Integer, primary_key=True, autoincrement=False),
    Column("document_id", String(1000), primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("source", Text, nullable=False),
    Column("updated_at", String(32)),  # at its source
    Column("chunks", Integer, nullable=False),
    sqlite_with_rowid=False,
)

index_chunk = Table(
    "index_chunk",
    metadata,
    Column("filling", Integer, primary_key=True, autoincrement=False),
    Column("chunk_id", String(80), primary_key=True),
    Column("document_id", String(1000), nullable=False),
    Column("content_digest", String(80), nullable=False),  # what its vector was taken of
    Column("row_digest", String(80), nullable=False),  # all that the collection holds of it
    Column("is_long", Boolean, nullable=False),  # longer than the embedder reads
    Column("indexed_at", String(32), nullable=False),
    sqlite_with_rowid=False,
)

# What people said of passages for queries, by source and span of characters. Append-only: a row
# without a grade takes back the one that it names.
relevance_label = Table(
    "relevance_label",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("query_digest", String(80), nullable=False),  # of the query's text
    Column("document_id", String(1000), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text_digest", String(80), nullable=False),  # of what stood there
    Column("grade", Integer),
    Column("undoes", Integer),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("relevance_label_by_corpus", "corpus", "id"),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("resource", String(300), nullable=False),
    Column("body", JSON, nullable=False),
    Column("previous", String(80), nullable=False),
    Column("hash", String(80), nullable=False, unique=True),
)
