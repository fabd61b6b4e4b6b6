"""A sealed dossier copied to where a team keeps its evidence: s3://, gs://, abs://.

It is sealed in a folder first, as nothing remote can be written whole or not at all; its copy goes
file by file through papermill's own handlers, the signed envelope last, so a copy with an envelope
is a whole one. These handlers write text: what is none is copied as base64, under its name with
``.b64`` behind it.
"""

from __future__ import annotations

import base64
from pathlib import Path

from llmops_magics.errors import GateRunError

LAST = "dossier.dsse.json"
ENCODED = ".b64"
_FILE = "file://"


def is_remote(archive: str | Path) -> bool:
    """Tell a URL from a folder; ``file://`` is a folder."""
    return "://" in str(archive) and not str(archive).startswith(_FILE)


def local_folder(archive: str | Path) -> Path:
    """Return the folder that a path or a ``file://`` URL names."""
    return Path(str(archive).removeprefix(_FILE))


def check_remote(url: str) -> None:
    """Raise ``GateUsageError``, before anything runs, for a URL that cannot be written to."""
    from llmops_magics.release.execution.engine import check_place

    check_place(url)


def publish(folder: Path, url: str) -> str:
    """Copy a sealed dossier below ``url``; return where it is. ``GateRunError`` if that fails."""
    from llmops_magics.release.execution.engine import write_text

    place = f"{url.rstrip('/')}/{folder.name}"
    for path in _in_order(folder):
        name, text = _as_text(path)
        try:
            write_text(text, f"{place}/{name}")
        except Exception as error:
            raise GateRunError(
                f"The dossier could not be copied to {place}: {type(error).__name__}: {error}",
                hint=f"It is sealed in {folder}.",
            ) from error
    return place


def _in_order(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if path.is_file()]
    return sorted(files, key=lambda path: (path.name == LAST, path.name))


def _as_text(path: Path) -> tuple[str, str]:
    """Return a file's name and text in the copy."""
    content = path.read_bytes()
    try:
        return path.name, content.decode("utf-8")
    except UnicodeDecodeError:
        return f"{path.name}{ENCODED}", base64.b64encode(content).decode("ascii")
