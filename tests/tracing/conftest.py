from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.config.settings import load_settings
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.models.client import ModelClient
from llmops_magics.tracing.interceptor import TracingInterceptor
from llmops_magics.tracing.pipeline import Tracing

sys.path.append(str(Path(__file__).parent))  # for trace_spans


@pytest.fixture
def spans():
    """The spans that have ended, in that order."""
    return []


@pytest.fixture
def tracing(spans):
    return Tracing(spans.append, PricingInterceptor(PriceBook()).annotate)


@pytest.fixture
def serve(scripted_server, monkeypatch):
    """Start a scripted server and let ``openai/…`` mean it."""

    def start(answer, **options):
        server = scripted_server(answer, **options)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        return server

    return start


@pytest.fixture
def make_client(tmp_path, tracing):
    """Make a client whose calls are traced."""
    (tmp_path / "llmops.toml").write_text("[models]\nmax_retries = 0\ntimeout_s = 10\n")
    clients = []

    def make(*, capture_content=True):
        interceptors = (
            TracingInterceptor(tracing, capture_content=capture_content),
            PricingInterceptor(PriceBook()),
        )
        clients.append(ModelClient(load_settings(tmp_path), interceptors))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client):
    return make_client()
