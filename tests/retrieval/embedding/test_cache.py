from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.embedding import cache as module
from llmops_magics.retrieval.embedding.cache import EmbeddingCache

WRITER = """
import sys, numpy as np
from pathlib import Path
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
cache, first = EmbeddingCache(Path(sys.argv[1])), int(sys.argv[2])
for start in range(first, first + int(sys.argv[3]), 10):
    digests = [str(number) for number in range(start, start + 10)]
    numbers = np.arange(start, start + 10, dtype=np.float32)
    cache.put("f", digests, numbers[:, None] * np.ones(384, np.float32))
    print(start, flush=True)
"""


def rows(count, dimension=4):
    return np.arange(count * dimension, dtype=np.float32).reshape(count, dimension)


def write(folder, first, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(count)], stdout=subprocess.PIPE
    )


def test_what_is_kept_is_found_to_the_bit(tmp_path):
    cache = EmbeddingCache(tmp_path)
    digests = [f"d{number}" for number in range(1200)]
    vectors = np.random.default_rng(0).standard_normal((1200, 4)).astype(np.float32)
    cache.put("f", digests, vectors)
    found = EmbeddingCache(tmp_path).get("f", [*digests, "other"], 4)
    assert len(found) == 1200
    assert np.array_equal(np.stack([found[each] for each in digests]), vectors)
    assert cache.get("g", digests, 4) == {}
    assert cache.get("f", digests, 5) == {}
    assert cache.get("f", [], 4) == {}


def test_what_is_there_stays(tmp_path):
    cache = EmbeddingCache(tmp_path)
    cache.put("f", ["a"], rows(1))
    cache.put("f", ["a", "b"], rows(2) + 100)
    assert cache.get("f", ["a"], 4)["a"].tolist() == [0, 1, 2, 3]
    assert cache.count() == 2


def test_the_ones_not_used_for_longest_go_first(tmp_path, monkeypatch):
    cache = EmbeddingCache(tmp_path, limit_mb=1)
    day = 100
    monkeypatch.setattr(module, "_today", lambda: day)
    cache.put("f", [f"old{n}" for n in range(200)], rows(200, 384))
    day = 101
    cache.put("f", [f"mid{n}" for n in range(200)], rows(200, 384))
    day = 102
    cache.get("f", [f"old{n}" for n in range(200)], 384)
    cache.put("f", [f"new{n}" for n in range(100)], rows(100, 384))  # 1.07 MB by now
    names = {kind: [f"{kind}{n}" for n in range(200)] for kind in ("old", "mid", "new")}
    left = {kind: len(cache.get("f", each, 384)) for kind, each in names.items()}
    assert (left["old"], left["new"]) == (200, 100)
    assert 50 < left["mid"] < 120


def test_processes_write_at_once(tmp_path):
    writers = [write(tmp_path, first, 200) for first in (0, 100, 200)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    found = EmbeddingCache(tmp_path).get("f", [str(n) for n in range(400)], 384)
    assert {int(key): vector[0] for key, vector in found.items()} == {n: n for n in range(400)}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killing_a_writer_loses_no_finished_batch(tmp_path):
    writer = write(tmp_path, 0, 1_000_000)
    done = [int(writer.stdout.readline()) for _ in range(20)]
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    cache = EmbeddingCache(tmp_path)
    found = cache.get("f", [str(n) for n in range(done[-1] + 10)], 384)
    assert all(found[str(n)].tolist() == [n] * 384 for n in range(done[-1] + 10))
    assert cache.count() % 10 == 0  # whole batches only
    with sqlite3.connect(cache.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_is_no_cache_is_named(tmp_path):
    (tmp_path / module.FILE_NAME).write_bytes(b"no database at all" * 1000)
    with pytest.raises(RetrievalError, match="delete the file"):
        EmbeddingCache(tmp_path).count()


def test_a_forked_child_reads_on(tmp_path, in_child):
    cache = EmbeddingCache(tmp_path)
    cache.put("f", ["a"], rows(1))
    assert in_child(lambda: len(cache.get("f", ["a"], 4)) == 1)


@pytest.mark.slow
def test_a_hundred_thousand_vectors_are_looked_up_in_two_seconds(tmp_path):
    cache = EmbeddingCache(tmp_path)
    digests = [str(number) for number in range(100_000)]
    for start in range(0, 100_000, 10_000):
        cache.put("f", digests[start : start + 10_000], np.ones((10_000, 384), np.float32))
    started = time.process_time()
    assert len(cache.get("f", digests, 384)) == 100_000
    assert time.process_time() - started < 2.0
