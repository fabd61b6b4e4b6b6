"""Monthly snapshots of a documentation tree: a refresh embeds what changed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llmops_magics.retrieval.document import load_documents
from llmops_magics.retrieval.index.registry import IndexRegistry

pytestmark = pytest.mark.slow


class DigestEmbedder:
    """Any vector will do here; what counts is how many are asked for."""

    name = "test/digest"
    dimension = 8
    fingerprint = "sha256:digest"

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def embed(self, texts):
        seeds = [sum(text.encode()) for text in texts]
        return np.array([np.random.default_rng(s).normal(size=8) for s in seeds], dtype=np.float32)


@pytest.fixture
def snapshots():
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data" / "ir" / "versioned_docs"
        if found.is_dir():
            return {
                month: load_documents(found / f"docs@2026-{month}-01.jsonl")
                for month in ("03", "04", "05")
            }
    pytest.skip("the snapshots (shared/data/ir/versioned_docs) are not here")


def test_a_refresh_embeds_the_chunks_that_changed(snapshots, store, tmp_path, embedded_models):
    from llmops_magics.models.local.tokenizer import get_tokenizer

    embedder = DigestEmbedder(get_tokenizer())
    registry = IndexRegistry(store, tmp_path / "index", lambda: embedder, lambda: "ada")
    full = registry.change("docs", snapshots["03"], chunker="semchunk:200")
    april = registry.refresh("docs", snapshots["04"])
    may = registry.refresh("docs", snapshots["05"])
    assert full.manifest.chunk_count == pytest.approx(1484, rel=0.02)
    assert april.manifest.chunk_count == pytest.approx(1493, rel=0.02)
    assert april.embedded == pytest.approx(171, rel=0.1)  # of 1,493; by page it were 459
    assert may.embedded == pytest.approx(50, rel=0.2)
    assert registry.verify("docs").is_sound
    assert registry.refresh("docs", snapshots["05"]).way == "there"
