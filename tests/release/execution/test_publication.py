"""A sealed dossier copied through papermill's handlers."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from papermill.iorw import papermill_io

from llmops_magics.errors import GateRunError, GateUsageError
from llmops_magics.release.execution.publication import (
    check_remote,
    is_remote,
    local_folder,
    publish,
)


class Bucket:
    """A store that papermill can write to, as s3:// is one."""

    def __init__(self):
        self.files = {}
        self.is_full = False

    def write(self, text, path):
        if self.is_full:
            raise OSError("no space")
        self.files[path] = text


@pytest.fixture
def bucket():
    made = Bucket()
    handlers = list(papermill_io._handlers)
    papermill_io.register("mem://", made)
    yield made
    papermill_io._handlers = handlers


@pytest.fixture
def sealed(tmp_path):
    folder = tmp_path / "gold-1"
    folder.mkdir()
    (folder / "dossier.dsse.json").write_text("{}")
    (folder / "gate.json").write_text('{"é": 1}\n')
    (folder / "rows-1.jsonl.gz").write_bytes(b"\x1f\x8b\x00\xff")
    return folder


def test_every_file_is_there_and_the_envelope_is_last(bucket, sealed):
    assert publish(sealed, "mem://team/gates/") == "mem://team/gates/gold-1"
    assert list(bucket.files) == [
        "mem://team/gates/gold-1/gate.json",
        "mem://team/gates/gold-1/rows-1.jsonl.gz.b64",
        "mem://team/gates/gold-1/dossier.dsse.json",
    ]
    assert bucket.files["mem://team/gates/gold-1/gate.json"] == '{"é": 1}\n'
    rows = bucket.files["mem://team/gates/gold-1/rows-1.jsonl.gz.b64"]
    assert base64.b64decode(rows) == b"\x1f\x8b\x00\xff"


def test_a_copy_that_fails_says_where_the_dossier_is(bucket, sealed):
    bucket.is_full = True
    with pytest.raises(GateRunError, match=r"no space.* It is sealed in .*gold-1"):
        publish(sealed, "mem://team")


def test_what_nobody_can_write_to_is_refused_before_anything_runs(bucket):
    check_remote("mem://team")
    check_remote("s3://bucket/x")
    for url in ("nosuch://x", "https://example.org/x"):
        with pytest.raises(GateUsageError, match="Nothing can be archived"):
            check_remote(url)


def test_a_file_url_is_a_folder():
    assert not is_remote("file:///srv/gates")
    assert str(local_folder("file:///srv/gates")) == "/srv/gates"
    assert is_remote("gs://bucket")
    assert not is_remote("archive")


def test_where_the_package_is_installed_the_engine_is_not_half_imported():
    """A fresh process, as the command is: nothing has imported papermill before."""
    code = (
        "from llmops_magics.release.execution.publication import check_remote\n"
        "check_remote('gs://bucket/place')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
