"""A real Chroma server, and corpora large enough that an index of them is copied and changed."""

from __future__ import annotations

import socket
import subprocess
import sysconfig
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cache import EmbeddingCache

START_TIMEOUT_S = 60


@dataclass
class ChromaServer:
    """``chroma run`` in a process of its own, on a port that was free."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> ChromaServer:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        chroma = Path(sysconfig.get_path("scripts")) / "chroma"
        place = ["--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [str(chroma), "run", *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError("the Chroma server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory):
    """One server for all tests of this process."""
    server = ChromaServer(tmp_path_factory.mktemp("chroma")).start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path):
    """A server that a test may stop."""
    server = ChromaServer(tmp_path / "server").start()
    yield server
    server.stop()


@pytest.fixture
def cached(registry):
    """The registry, with a cache of embeddings."""
    return replace(registry, cache=EmbeddingCache(registry.folder / "cache"))


@pytest.fixture
def numbered():
    """``numbered(20, d3="text", d4="")``: documents d0, d1, …; d3 with another text, no d4."""

    def make(n, **changed):
        texts = {f"d{k}": "red " * (k + 1) + "green" for k in range(n)} | changed
        return [Document(id=name, text=text) for name, text in texts.items() if text]

    return make
