from __future__ import annotations

import os

import pytest

from llmops_magics.errors import WeightsError
from llmops_magics.models.local import WEIGHTS, Weights, is_present, locate


def put(cache, weights: Weights, content: bytes):
    path = cache / "models" / weights.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_table_names_three_files_by_sha256() -> None:
    assert list(WEIGHTS) == ["smollm2-135m", "minilm-l6-v2-int8", "minilm-l6-v2-tokenizer"]
    assert all(len(w.sha256) == len(w.wheel_sha256) == 64 for w in WEIGHTS.values())
    assert sum(w.size_bytes for w in WEIGHTS.values()) == 121_757_298


def test_missing_weights_say_how_to_get_them(cache) -> None:
    with pytest.raises(WeightsError, match=r"not there.*Run `llmops models pull`"):
        locate("smollm2-135m")
    assert not is_present("smollm2-135m")


def test_unknown_weights_name_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"no weights named 'gpt'.*smollm2-135m"):
        locate("gpt")


def test_intact_weights_are_located(cache, make_wheel) -> None:
    path = put(cache, make_wheel(b"right"), b"right")
    assert locate("tiny") == path
    assert is_present("tiny")


@pytest.mark.parametrize("content", [b"wrong", b"righ", b"right and more", b""])
def test_other_bytes_are_damage(cache, make_wheel, content) -> None:
    put(cache, make_wheel(b"right"), content)
    with pytest.raises(WeightsError, match="damaged"):
        locate("tiny")


def test_a_change_after_the_check_is_noticed(cache, make_wheel) -> None:
    path = put(cache, make_wheel(b"right"), b"right")
    locate("tiny")
    path.write_bytes(b"wrong")
    os.utime(path, ns=(0, 1))  # whatever the clock's resolution
    assert not is_present("tiny")


def test_an_unchanged_file_is_not_read_again(cache, make_wheel) -> None:
    path = put(cache, make_wheel(b"right"), b"right")
    locate("tiny")
    status = path.stat()
    path.write_bytes(b"wrong")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert is_present("tiny")  # the price of the shortcut: same size and same time


def test_the_check_is_remembered_across_processes(cache, make_wheel, monkeypatch) -> None:
    put(cache, make_wheel(b"right"), b"right")
    locate("tiny")
    monkeypatch.setattr("llmops_magics.models.local.weights._checked", {})
    monkeypatch.setattr("hashlib.file_digest", None)  # calling it would fail
    assert is_present("tiny")


def test_a_given_folder_is_used_and_its_needs_named(cache, make_wheel, tmp_path, monkeypatch):
    tiny = make_wheel(b"right")
    monkeypatch.setenv("LLMOPS_MODEL_DIR", str(tmp_path / "given"))
    with pytest.raises(WeightsError, match=f"LLMOPS_MODEL_DIR must hold.*{tiny.sha256}"):
        locate("tiny")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "tiny.bin").write_bytes(b"right")
    assert locate("tiny") == tmp_path / "given" / "tiny.bin"
