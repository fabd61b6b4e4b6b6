from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmops_magics.models.local import health
from llmops_magics.models.local.health import Health, probe


class Handler(BaseHTTPRequestHandler):
    key = "good"

    def do_GET(self) -> None:
        allowed = self.path == "/health" or self.headers["Authorization"] == f"Bearer {self.key}"
        self.send_response(200 if allowed else 401)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


class OpenHandler(Handler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def serve():
    running = []

    def start(handler) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_server_that_takes_the_key_is_good(serve) -> None:
    assert probe(serve(Handler), "good") is Health.GOOD


def test_another_key_is_refused(serve) -> None:
    assert probe(serve(Handler), "bad") is Health.REFUSES_KEY


def test_a_server_that_asks_for_no_key_is_not_ours(serve) -> None:
    assert probe(serve(OpenHandler), "good") is Health.REFUSES_KEY


def test_a_proxy_plays_no_part(serve, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert probe(serve(Handler), "good") is Health.GOOD


def test_a_closed_port_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert probe(f"http://127.0.0.1:{port}", "k") is Health.SILENT


def test_a_server_that_hangs_is_silent(monkeypatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        assert probe(f"http://127.0.0.1:{hanging.getsockname()[1]}", "k") is Health.SILENT
