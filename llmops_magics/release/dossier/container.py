"""Which container a gate ran in, as far as a process can know that of itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

IMAGE: Final = "LLMOPS_IMAGE"
_MARKS: Final = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}
_ID: Final = re.compile(r"[0-9a-f]{64}")
_MAX_CHARACTERS: Final = 65_536


def container(root: Path = Path("/")) -> dict[str, str]:
    """Return the engine, the container's id and the image where they are known; empty outside.

    No container tells its image to what runs in it: whoever starts it says so in ``LLMOPS_IMAGE``
    (with the digest, such as ``registry/app@sha256:…``).
    """
    found = {"image": os.environ.get(IMAGE, "").strip()}
    for mark, engine in _MARKS.items():
        if (root / mark.lstrip("/")).exists():
            found["engine"] = engine
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        found["engine"] = "kubernetes"
    found["id"] = _container_id(root)
    return {name: value for name, value in found.items() if value}


def _container_id(root: Path) -> str:
    """Return the id that the process's groups or mounts name; empty where neither does."""
    for file in ("proc/self/cgroup", "proc/self/mountinfo"):
        try:
            text = (root / file).read_text("utf-8", "replace")[:_MAX_CHARACTERS]
        except OSError:
            continue
        lines = [line for line in text.splitlines() if "cgroup" in file or "/hostname" in line]
        if named := _ID.search("\n".join(lines)):
            return named.group()
    return ""
