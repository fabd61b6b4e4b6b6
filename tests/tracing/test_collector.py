from __future__ import annotations

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from trace_spans import call, span

from llmops_magics.tracing import collector as collecting
from llmops_magics.tracing.collector import Collector, collectors

HANGS = """
import sys, time
from llmops_magics.workspace import Workspace
from pathlib import Path
workspace = Workspace(Path(sys.argv[1]))
before = time.perf_counter()
for number in range(50):
    with workspace.tracing.span(f"work {number}"):
        pass
workspace.spans.flush()
print(time.perf_counter() - before)
"""


class Kept(SpanExporter):
    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


class Receiver:
    """A collector on loopback: what it was sent, and whether it answers at all."""

    def __init__(self, *, hangs=False):
        self.bodies = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((self.path, body))
                if hangs:
                    time.sleep(30)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receive():
    opened = []

    def start(**options):
        opened.append(Receiver(**options))
        return opened[-1]

    yield start
    for receiver in opened:
        receiver.close()


def test_without_an_endpoint_there_is_none(monkeypatch):
    for variable in collecting.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert collectors() == ()


def test_spans_are_sent_as_they_are_stored():
    exporter = Kept()
    collector = Collector(exporter)
    failed = span(2, parent=1, status="error", **{"llmops.error.message": "no", "list": [1, "a"]})
    collector.send([call(1, at_s=1, ms=1500), failed])
    collector.close()
    first, second = exporter.spans
    assert (first.start_time, first.end_time) == (10**9, 25 * 10**8)
    assert first.attributes["gen_ai.request.model"] == "openai/m"
    assert (second.parent.span_id, second.status.description) == (1, "no")
    assert list(second.attributes["list"]) == ["1", "a"]


def test_an_exporter_that_is_not_installed_is_told_of_once(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.warns(RuntimeWarning, match=r"llmops-magics\[otlp\]"):
        assert collectors() == ()


def test_a_collector_gets_masked_spans_over_http(receive, monkeypatch, tmp_path):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    from llmops_magics.workspace import Workspace

    receiver = receive()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    workspace = Workspace(tmp_path)
    with workspace.tracing.span("ask ada@example.com"):
        pass
    workspace.close()
    (sender,) = workspace.spans._observers
    sender.__self__.close()
    ((path, body),) = receiver.bodies
    assert path == "/v1/traces"
    assert b"ask [email]" in body
    assert b"ada@" not in body


def test_an_endpoint_that_hangs_holds_up_neither_calls_nor_the_end(receive, tmp_path):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    import os

    receiver = receive(hangs=True)
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", HANGS, str(tmp_path)],
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert receiver.bodies
    assert float(done.stdout) < 9  # an export waits 10 s for its answer, and a machine may be busy
    assert time.perf_counter() - before < 29  # the endpoint answers after 30
