from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from llmops_magics.errors import ArtifactError
from llmops_magics.storage.artifact import Artifacts, write_atomically


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(str(tmp_path / "artifacts"))


def file_of(artifacts, address):
    return next(p for p in _files(artifacts) if p.name == address.partition(":")[2])


def _files(artifacts):
    from pathlib import Path

    return [p for p in Path(artifacts.url).rglob("*") if p.is_file()]


def test_content_comes_back_under_its_digest(artifacts):
    address = artifacts.put(b"content")
    assert address == "sha256:" + hashlib.sha256(b"content").hexdigest()
    assert artifacts.get(address) == b"content"


def test_the_same_content_is_stored_once(artifacts):
    assert artifacts.put(b"content") == artifacts.put(b"content")
    assert len(_files(artifacts)) == 1


def test_any_fsspec_url_will_do():
    artifacts = Artifacts("memory://test_any_fsspec_url_will_do/")
    address = artifacts.put(b"content")
    assert artifacts.put(b"content") == address
    assert artifacts.get(address) == b"content"
    with pytest.raises(ArtifactError, match="no artifact"):
        artifacts.get("sha256:" + "0" * 64)


@pytest.mark.parametrize("changed", [b"", b"contens", b"content "])
def test_changed_content_is_found(artifacts, changed):
    address = artifacts.put(b"content")
    file_of(artifacts, address).write_bytes(changed)
    with pytest.raises(ArtifactError, match="was changed"):
        artifacts.get(address)


def test_missing_content_is_named(artifacts):
    address = artifacts.put(b"content")
    file_of(artifacts, address).unlink()
    with pytest.raises(ArtifactError, match=address):
        artifacts.get(address)


@pytest.mark.parametrize("address", ["", "abc", "sha256:", "sha256:../../x", "../x:ab", "a/b:ab"])
def test_what_is_no_digest_never_becomes_a_path(artifacts, address):
    with pytest.raises(ArtifactError, match="is not a digest"):
        artifacts.get(address)


def test_many_writers_of_the_same_content(artifacts):
    content = b"x" * 100_000
    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(lambda _: artifacts.put(content), range(32)))
    assert len(addresses) == len(_files(artifacts)) == 1


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
