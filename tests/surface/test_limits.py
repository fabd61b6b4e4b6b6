"""What is imported is limited in size, count and depth: a small file stands for nothing large."""

from __future__ import annotations

import gzip
import json
import os
import time
import zlib

import pytest

from llmops_magics.datasets.loader import load
from llmops_magics.errors import (
    ArtifactError,
    DatasetError,
    GateUsageError,
    LlmopsError,
)
from llmops_magics.evals.retrieval.ranked import read_ranked
from llmops_magics.evals.rows import read_rows
from llmops_magics.release.execution import source
from llmops_magics.release.execution.source import check_source
from llmops_magics.storage.packed import unpack, unpacked_lines
from llmops_magics.workspace import Workspace

DEEP = 200_000
NESTED = {
    "lists": "[" * DEEP + "]" * DEEP,
    "objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "open": "[" * DEEP,
    "digits": "9" * DEEP,
    "exponent": "1e" + "9" * DEEP,
}
ZEROS = gzip.compress(b"0" * 50_000_000)  # 50 kB


@pytest.fixture
def workspace(tmp_path):
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


def quickly(work):
    """Run what may refuse with an error of ours, and nothing else; within 5 s of CPU."""
    started = time.process_time()
    try:
        found = work()
    except LlmopsError as error:
        found = error
    assert time.process_time() - started < 5
    return found


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_a_dataset(tmp_path, text, ending):
    path = tmp_path / f"a.{ending}"
    inner = f'[{{"id": "1", "x": {text}}}]' if ending == "json" else f'{{"id": "1", "x": {text}}}'
    path.write_text(inner if ending != "csv" else f'id,x:json\n1,"{text.replace(chr(34), "")}"')
    assert isinstance(quickly(lambda: load(path)), DatasetError)


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_a_corpus(tmp_path, workspace, text):
    path = tmp_path / "docs.jsonl"
    path.write_text(f'{{"id": "1", "text": "x", "metadata": {{"m": {text}}}}}')
    found = quickly(lambda: workspace.corpora.add("docs", path))
    assert isinstance(found, LlmopsError) or found.document_count <= 1


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_a_notebook(tmp_path, text):
    path = tmp_path / "a.ipynb"
    head = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"m": %s}, "cells": []}'
    path.write_text(head % text)
    assert isinstance(quickly(lambda: check_source(path, {})), GateUsageError)


def test_a_notebook_over_its_limit_and_one_that_is_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_NOTEBOOK_BYTES", 2**20)
    (tmp_path / "a.ipynb").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(GateUsageError, match="has over 1 MB"):
        check_source(tmp_path / "a.ipynb", {})
    os.mkfifo(tmp_path / "b.ipynb")
    for name in ("b.ipynb", "."):
        with pytest.raises(GateUsageError, match=r"no regular file|cannot be read"):
            check_source(tmp_path / name, {})


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_traces_of_another_program(tmp_path, workspace, text):
    path = tmp_path / "spans.json"
    path.write_text(f'{{"resourceSpans": [{text}]}}')
    assert isinstance(quickly(lambda: workspace.traces.import_file(path)), LlmopsError)


def test_what_is_packed_ends_at_its_limit():
    assert unpack(gzip.compress(b"text")) == b"text"
    assert list(unpacked_lines(gzip.compress(b"a\nb\n"))) == [b"a\n", b"b\n"]
    started = time.process_time()
    with pytest.raises(ArtifactError, match="over 1 MB"):
        unpack(ZEROS, most=2**20)
    with pytest.raises(ArtifactError, match="over 1 MB"):
        list(unpacked_lines(ZEROS, most=2**20))
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1f\x8b",
        b"no gzip",
        gzip.compress(b'{"a": 1}')[:-9],
        gzip.compress(b"[" * DEEP),
        gzip.compress(b"3"),
        gzip.compress(b"[]"),
        gzip.compress(b"{}")[:-4] + b"\0\0\0\1",
        zlib.compress(b"{}"),
        gzip.compress(b"x" * 99)[:30] + b"\xff" * 30,
        gzip.compress(json.dumps({"scores": [], "cost_usd": "x"}).encode()),
    ],
)
def test_what_is_no_file_of_ours_is_one_error(content):
    for reader in (lambda: list(read_rows(content)) or 1 / 0, lambda: read_ranked(content)):
        try:
            reader()
        except (ArtifactError, ZeroDivisionError):  # no line is no sample
            continue
        pytest.fail("it was read")
