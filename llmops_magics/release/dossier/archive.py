"""The archive: one folder a gate run, written whole or not at all, and verifiable by itself.

``gate.json`` names the digest of every other file; the signed manifest names ``gate.json`` too,
and the audit trail keeps the digests of both. So one changed byte anywhere in the folder is found.

A folder is sealed in two steps. It is prepared beside its place, and the commit of its audit event
decides; only then it gets its name. Of a process that was killed in between, the folder is there
under its working name, and whoever looks for it next gives it its own (``settled``).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateRunError
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.manifest import BESIDE, RECORD
from llmops_magics.release.gate.result import GateResult
from llmops_magics.storage.private import FOLDER_MODE, private_opener

RECORD_NAME = RECORD
RUNNING = ".running-"
SEALING = ".sealing-"


def folder_name(stem: str, moment: datetime) -> str:
    """Return a name that sorts by time within a notebook and is used once."""
    return f"{stem}-{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def open_running(archive: Path, name: str) -> Path:
    """Create the folder in which a run works until it is sealed; it survives a killed gate."""
    folder = archive / f"{RUNNING}{name}"
    try:
        archive.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=FOLDER_MODE)
    except OSError as error:
        raise GateRunError(
            f"The archive {archive} cannot be written: {error.strerror}.",
            hint="Choose another folder with --archive.",
        ) from error
    return folder


def write_record(folder: Path, result: GateResult) -> str:
    """Write ``gate.json`` and return its digest."""
    encoded = _encoded(result)
    _write(folder / RECORD_NAME, encoded)
    return digest_bytes(encoded)


def replace_record(folder: Path, result: GateResult) -> None:
    """Write ``gate.json`` anew, whole or not at all; raises ``OSError``."""
    written = folder / f".{RECORD_NAME}"
    try:
        _write(written, _encoded(result))
        written.replace(folder / RECORD_NAME)
    finally:
        written.unlink(missing_ok=True)


def prepare(archive: Path, name: str, files: Mapping[str, bytes]) -> tuple[Path, dict[str, str]]:
    """Write the files of an archive beside it; return their folder and their digests."""
    folder = archive / f"{SEALING}{name}"
    folder.mkdir(mode=FOLDER_MODE)
    add_files(folder, files)
    return folder, {file: digest_bytes(content) for file, content in files.items()}


def add_files(prepared: Path, files: Mapping[str, bytes]) -> None:
    """Write more files into a prepared folder, each to the disk."""
    for file, content in files.items():
        _write(prepared / file, content)
    _sync_folder(prepared)


def seal(archive: Path, name: str) -> Path:
    """Give a prepared folder its name, in one step; its audit event is committed."""
    settled(archive / name)
    _sync_folder(archive)
    return archive / name


def settled(folder: Path) -> Path:
    """Return a sealed folder, which gets its name now if a killed process could not give it.

    Only for one that an event or a row names: nothing else says that it was sealed.
    """
    prepared = folder.with_name(f"{SEALING}{folder.name}")
    if not folder.exists() and prepared.is_dir():
        with contextlib.suppress(FileNotFoundError, FileExistsError):  # another was first
            prepared.rename(folder)
    return folder


def discard(folder: Path) -> None:
    """Remove a folder that is no evidence, where there is one."""
    shutil.rmtree(folder, ignore_errors=True)


def verify_archive(folder: Path, expected_gate_json_digest: str) -> list[str]:
    """Return what is missing, changed or added in an archive; empty when it is as sealed.

    ``expected_gate_json_digest`` is the one that the audit event keeps.
    """
    path = folder / RECORD_NAME
    try:
        content = path.read_bytes()
    except OSError:
        return [f"{folder.name}: {RECORD_NAME} is missing"]
    if digest_bytes(content) != expected_gate_json_digest:
        return [f"{folder.name}: {RECORD_NAME} was changed"]
    files: dict[str, Any] = json.loads(content)["files"]
    problems = [
        f"{folder.name}: {file} {problem}"
        for file, expected in sorted(files.items())
        if (problem := _compare(folder / file, expected))
    ]
    extra = {entry.name for entry in folder.iterdir()} - {*files, RECORD_NAME, *BESIDE}
    return problems + [f"{folder.name}: {file} was added" for file in sorted(extra)]


def _encoded(result: GateResult) -> bytes:
    content = json.dumps(result.to_dict(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return content.encode("utf-8", "surrogatepass")


def _compare(path: Path, expected: str) -> str:
    if path.is_symlink() or not path.is_file():
        return "is missing"
    return "" if digest_bytes(path.read_bytes()) == expected else "was changed"


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=private_opener) as file:  # Path.open has no opener
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename or a new file outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
