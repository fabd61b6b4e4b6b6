"""SQL by parameters alone: a text stays a text in every table and every question."""

from __future__ import annotations

import ast
import contextlib
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select

import llmops_magics
from llmops_magics.errors import LlmopsError
from llmops_magics.storage.table import audit_event
from llmops_magics.tracing.session import session
from llmops_magics.workspace import Workspace

PACKAGE = Path(llmops_magics.__file__).parent
HOSTILE = (
    "'; DROP TABLE span; --",
    '"; DROP TABLE prompt_version; --',
    "' OR '1'='1",
    "x' UNION SELECT body FROM audit_event --",
    "1; ATTACH DATABASE '/tmp/x' AS x; --",
    "'||(SELECT sql FROM sqlite_master)||'",
    "%' OR 1=1 --",
    "\\'; DELETE FROM run; --",
    ":name $1 ? %(name)s {name}",
    "a\x00b'",
    '/* */ `x` [x] "x"',
)


@pytest.fixture
def workspace(tmp_path):
    opened = Workspace(tmp_path)
    opened.prompts.register("plain", "Nothing but a prompt.")
    opened.datasets.add("plain", [{"id": "1", "x": "y"}])
    opened.corpora.add("plain", [{"id": "d", "text": "A text."}])
    yield opened
    opened.close()


def tables(workspace):
    return set(inspect(workspace.store.engine).get_table_names())


def events(workspace):
    with workspace.store.read() as connection:
        return connection.execute(select(func.count()).select_from(audit_event)).scalar()


ASKED = {
    "prompt": lambda w, t: w.prompts.get(t),
    "prompt version": lambda w, t: w.prompts.get(f"plain@{t}"),
    "prompt label": lambda w, t: w.prompts.label("plain@1", t),
    "prompt log": lambda w, t: w.prompts.log(t),
    "prompt search": lambda w, t: w.prompts.search(t),
    "prompt archive": lambda w, t: w.prompts.archive("plain", reason=t),
    "prompt snapshot": lambda w, t: w.prompts.checkout("plain", at=t),
    "dataset": lambda w, t: w.datasets.get(t),
    "dataset version": lambda w, t: w.datasets.get(f"plain@{t}"),
    "dataset cases": lambda w, t: w.datasets.show(f"plain[{t}]"),
    "dataset freeze": lambda w, t: w.datasets.freeze("plain", reason=t),
    "corpus": lambda w, t: w.corpora.show(t),
    "corpus proof": lambda w, t: w.corpora.prove("plain", t),
    "index": lambda w, t: w.indexes.drop(t),
    "monitor": lambda w, t: w.monitors.add("calls > 0 over 1h", name=t),
    "monitor rule": lambda w, t: w.monitors.add(t, name="m"),
    "run": lambda w, t: w.run(t),
    "trace": lambda w, t: w.traces.show(t),
    "trace text": lambda w, t: w.traces.search(text=t),
    "trace where": lambda w, t: w.traces.search(where=t),
    "trace where value": lambda w, t: w.traces.search(where=f'model = "{t}"'),
    "trace time": lambda w, t: w.traces.search(since=t),
    **{
        f"trace {field}": lambda w, t, field=field: w.traces.search(**{field: t})
        for field in ("prompt", "model", "notebook", "session", "user", "run", "failure")
    },
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_no_question_changes_or_finds_more(workspace, ask):
    with workspace.tracing.span("work"):
        pass
    workspace.flush_spans()
    before = tables(workspace)
    for text in HOSTILE:
        found = None
        with contextlib.suppress(LlmopsError):
            found = ask(workspace, text)
        matches = getattr(found, "traces", None) or getattr(found, "hits", None) or ()
        assert not matches, text
    assert tables(workspace) == before
    assert len(workspace.prompts.versions("plain")) == 1
    assert workspace.verify_audit().problems == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_comes_back_as_it_went_in(workspace, text):
    row = {"id": "c", text.strip("\x00 ").replace("\x00", ""): text.replace("\x00", "")}
    workspace.datasets.add("odd", [row])
    assert row.items() >= workspace.datasets.get("odd").cases[0].inputs.items()
    body = text.replace("\x00", "").replace("{", "(")
    version = workspace.prompts.register("odd", f"user: {body}")
    assert workspace.prompts.get("odd").digest == version.digest
    name = text.replace("\x00", "")
    with session(name, user=name), workspace.tracing.span(text, attributes={text: text}):
        pass
    workspace.flush_spans()
    assert len(workspace.traces.search(session=text.replace("\x00", "")).traces) == 1
    assert events(workspace) > 0
    assert workspace.verify_audit().problems == ()


@pytest.mark.parametrize("text", ["%", "_", "%%", "a_c", "[a-z]", "*", "?"])
def test_a_wildcard_finds_itself_alone(workspace, text):
    workspace.prompts.register("abc", "The word abc.")
    with workspace.tracing.span("abc"):
        pass
    workspace.flush_spans()
    assert not workspace.prompts.search(text).hits
    assert not workspace.traces.search(text=text).traces
    assert not workspace.traces.search(session=text).traces


RUNS = {
    "text", "execute", "executemany", "executescript", "exec_driver_sql", "literal_column",
    "from_statement", "TextClause",
}  # fmt: skip
BUILDS = {"format", "join", "replace", "format_map"}
# What stands in an f-string of SQL: numbers of ours, question marks, columns of a migration.
OURS = {"wait_ms", "BUSY_TIMEOUT_MS", "MAPPED_BYTES", "marks", "name", "columns"}


def built(source):
    """Yield what SQL in a module is built from, where it is not one text or a query object."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function, first = node.func, node.args[0]
        name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
        if name not in RUNS:
            continue
        if isinstance(first, ast.JoinedStr):
            parts = [p for p in first.values if isinstance(p, ast.FormattedValue)]
            yield from (ast.unparse(part.value) for part in parts)
        if isinstance(first, ast.BinOp) or (
            isinstance(first, ast.Call) and getattr(first.func, "attr", "") in BUILDS
        ):
            yield ast.unparse(first)


def test_no_module_builds_sql_of_what_it_is_given():
    """But the views: there ``text()`` makes markup."""
    paths = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "views"]
    found = {path.name: set(built(path.read_text("utf-8"))) - OURS for path in paths}
    assert {name: parts for name, parts in found.items() if parts} == {}


@pytest.mark.parametrize(
    "source",
    [
        "c.execute(f'SELECT {x}')",
        "c.execute('SELECT ' + x)",
        "text('SELECT %s' % x)",
        "text('SELECT {}'.format(x))",
        "c.executescript(','.join(x))",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert set(built(source)) - OURS
