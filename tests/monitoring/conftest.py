"""Spans as they are stored, a webhook on loopback, and a place for this user's file."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmops_magics.storage.store import Store
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter

NOW_NS = 1_900_000_000 * 1_000_000_000  # 2030-03-17T17:46:40Z


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """The folder of this user's settings."""
    folder = tmp_path / "config"
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("LLMOPS_ACTOR", "ada")
    return folder


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/.llmops/llmops.db")
    yield opened
    opened.close()


class Calls:
    """Writes spans of model calls; ages are seconds before ``now_ns``."""

    def __init__(self, store, now_ns):
        self.writer, self.now_ns, self.count = SpanWriter(lambda: store), now_ns, 0

    def __call__(self, duration_ms=100.0, *, age_s=60, ok=True, **attributes):
        names = {
            "model": "gen_ai.request.model",
            "prompt": "llmops.prompt.ref",
            "purpose": "llmops.purpose",
            "cost": "llmops.cost.usd",
            "hit": "llmops.cache.hit",
            "error": "error.type",
            "tokens": "gen_ai.usage.input_tokens",
            "finish": "gen_ai.response.finish_reasons",
            "first_s": "gen_ai.response.time_to_first_chunk",
        }
        body = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "openai/a"}
        body |= {names.get(name, name): value for name, value in attributes.items()}
        self.span(body, duration_ms=duration_ms, age_s=age_s, ok=ok)

    def span(self, attributes, *, duration_ms=100.0, age_s=60, ok=True, trace=None, parent=None):
        self.count += 1
        self.writer.put(
            Span(
                trace_id=trace or f"{self.count:032x}",
                span_id=f"{self.count:016x}",
                parent_id=parent,
                name="chat",
                started_ns=self.now_ns - int(age_s * 1e9),
                duration_ms=duration_ms,
                status="ok" if ok else "error",
                attributes=attributes,
            )
        )
        self.writer.flush()


@pytest.fixture
def calls(store):
    made = Calls(store, NOW_NS)
    yield made
    made.writer.close()


class Webhook:
    """What was posted, and what is answered: a status, or seconds to be silent."""

    def __init__(self):
        self.posts, self.answers, self.headers = [], [], {}
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append((self.path, json.loads(body)))
                answer = hook.answers.pop(0) if hook.answers else 200
                if isinstance(answer, float):
                    time.sleep(answer)
                    return
                self.send_response(answer)
                for name, value in hook.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/s3cret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def webhook():
    hook = Webhook()
    yield hook
    hook.close()
