"""Files of models that other distributions carry: found without running their code, and checked.

Whoever swaps the weights decides what is seen, so each file is held against its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from llmops_magics.errors import DetectorError


def checked_folder(name: str, version: str, folder: str, digests: Mapping[str, str]) -> Path:
    """Return where a distribution has a folder; raises ``DetectorError`` if it is another one."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        place = Path(str(distribution(name).locate_file(folder)))
    except PackageNotFoundError as error:
        raise DetectorError(
            f"the model of {name} is not installed.", hint='pip install "llmops_magics[pii]"'
        ) from error
    for file, expected in digests.items():
        if not (place / file).is_file() or _digest(place / file) != expected:
            raise DetectorError(
                f"the file {file} of {name} is not the one that was examined.",
                hint=f"Install {name}=={version} again.",
            )
    return place


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
