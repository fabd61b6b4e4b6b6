"""Measure chunking and the cache of embeddings: ``python tests/benchmarks/chunking.py [FILE]``.

Chunks 5 MB of text (of FILE, a text or JSONL with ``text``, repeated or cut to that size; without
one, made-up sentences) with every chunker and the embedded tokenizer, and looks up 100,000 vectors
of 384 numbers. CPU seconds; nothing is embedded. Needs the weights (``llmops models pull``).
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from llmops_magics.models.local.tokenizer import get_tokenizer
from llmops_magics.retrieval.chunking.corpus import chunk_documents
from llmops_magics.retrieval.chunking.registry import chunker
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cache import EmbeddingCache

CHARS = 5_000_000
PART = 20_000  # characters of a document
VECTORS = 100_000


def read(path: str | None) -> str:
    """Return the text that is cut."""
    if path is None:
        letters = random.Random(0)
        words = [
            "".join(letters.choices("etaoinshrdlu", k=letters.randint(1, 9))) for _ in range(9999)
        ]
        text = " ".join(
            letters.choice(words) + letters.choice(["", "", "", ",", ".\n"])
            for _ in range(CHARS // 5)
        )
        return text[:CHARS]
    content = Path(path).read_text(encoding="utf-8")
    if path.endswith(".jsonl"):
        content = "\n\n".join(json.loads(line)["text"] for line in content.splitlines())
    return (content * (CHARS // len(content) + 1))[:CHARS]


def measure(what: str, work: Callable[[], Any]) -> Any:
    """Do it and print what it took."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    result = work()
    taken = f"{time.process_time() - cpu_s:6.2f} CPU-s  {time.perf_counter() - wall_s:6.2f} s"
    print(f"{what:44} {taken}", flush=True)
    return result


def main() -> None:
    """Print the table."""
    text = read(sys.argv[1] if len(sys.argv) > 1 else None)
    whole = [Document(id="whole", text=text)]
    parts = [
        Document(id=str(start), text=text[start : start + PART])
        for start in range(0, len(text), PART)
        if text[start : start + PART].strip()
    ]
    tokens = measure("count 5 MB, words not known yet", lambda: get_tokenizer().count(text))
    measure(f"count them again ({tokens:,} tokens)", lambda: get_tokenizer().count(text))
    for spec in ("semchunk:200", "semchunk:200/50%", "markdown:200", "tokens:200", "whole"):
        for name, documents in (("one document", whole), (f"{len(parts)} documents", parts)):
            made = chunker(spec)
            measure(
                f"{spec}, {name}",
                lambda made=made, documents=documents: chunk_documents(documents, made),
            )
    with tempfile.TemporaryDirectory() as folder:
        cache = EmbeddingCache(Path(folder))
        digests = [str(number) for number in range(VECTORS)]
        vectors = np.random.default_rng(0).standard_normal((VECTORS, 384)).astype(np.float32)
        for start in range(0, VECTORS, 5000):
            cache.put("f", digests[start : start + 5000], vectors[start : start + 5000])
        measure(f"look up {VECTORS:,} vectors", lambda: cache.get("f", digests, 384))
        measure(f"look up {VECTORS:,} that are not there", lambda: cache.get("g", digests, 384))
        measure("look up one", lambda: cache.get("f", digests[:1], 384))


if __name__ == "__main__":
    main()
