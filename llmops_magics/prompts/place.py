"""Where a prompt's file stands below a folder, safe on every file system.

``support/answer`` is ``support/answer.prompty``; an older version beside it
``support/answer@3.prompty``. A part that Windows keeps for a device begins with ``~``, and one
that would end in a dot or look like a file of this kind ends in ``~``: no prompt name has ``~`` or
``@``, so two names never have one place. Nothing is read or written outside the folder.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts.reference import check_name

SUFFIX = ".prompty"
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}


def place_of(name: str, number: int = 0) -> PurePosixPath:
    """Return the file of a prompt, or of one version of it, below a folder."""
    *folders, last = check_name(name).split("/")
    file = f"{_safe(last)}@{number}" if number else _safe(last)
    return PurePosixPath(*map(_safe, folders), f"{file}{SUFFIX}")


def name_at(place: PurePosixPath) -> str:
    """Return the prompt's name that a place means.

    Raises ``PromptReferenceError`` for a place that is no name.
    """
    parts = [part.strip("~") for part in (*place.parts[:-1], _split(place)[0])]
    try:
        return check_name("/".join(parts))
    except PromptReferenceError as error:
        raise PromptReferenceError(
            f"{str(place)!r} is no place of a prompt, and nothing else names it.",
            hint="Write `name: support/answer` into its front matter, or give a name.",
        ) from error


def number_at(place: PurePosixPath, name: str) -> int:
    """Return which older version of a prompt stands in a place, 0 for the newest."""
    stem, number = _split(place)
    return int(number) if stem == _safe(name.rpartition("/")[2]) and number.isdecimal() else 0


def image_place(file: PurePosixPath, image: str) -> PurePosixPath:
    """Return where an image that a template names stands, from the place of the prompt's file.

    Raises ``PromptError`` for a path that leads away from there, for one with a hidden folder or
    file in it, and for one that is another file, or none, on some system.
    """
    readings = (PurePosixPath(image), PureWindowsPath(image))
    leads_away = any(p.is_absolute() or p.drive or p.root for p in readings)
    parts = {part for reading in readings for part in reading.parts}
    if leads_away or not image.strip() or any(map(_is_odd, parts)):
        raise PromptError(
            f"The image {image[:200]!r} cannot be exported beside its prompt.",
            hint="Name it by a path below the workspace's folder, without `..`, hidden folders "
            "and names that some systems keep for themselves (such as CON.png).",
        )
    return file.parent / PurePosixPath(image)


def inside(folder: Path, place: PurePosixPath) -> Path:
    """Return the real path of a place, refusing one that a symbolic link leads out of the folder.

    The last part itself is not followed: writing replaces a link, it does not write through it.
    """
    path = folder.joinpath(*place.parts)
    try:
        real = path.parent.resolve()
        is_inside = real.is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:  # a loop of links
        raise PromptError(f"{path} cannot be reached: {error}.") from error
    if not is_inside:
        raise PromptError(
            f"{path} lies outside {folder}: a symbolic link leads there.",
            hint="Remove the link, or choose another folder.",
        )
    return real / path.name


def read_limited(path: Path, limit: int, root: Path | None = None) -> bytes:
    """Return a regular file's content, and one byte more than ``limit`` if it is larger.

    Raises ``PromptError`` for what is no regular file (a pipe would wait for ever), and for a
    file outside ``root``, where one is given.
    """
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise PromptError(f"{path} is no regular file.")
            if root is not None and not is_inside(handle, path, root):
                raise PromptError(f"{path} lies outside {root}: a symbolic link leads there.")
            return stream.read(limit + 1)
    except OSError as error:
        raise PromptError(f"{path} cannot be read: {error.strerror}.") from error


def is_inside(handle: int, path: Path, root: Path) -> bool:
    """Tell whether an open file is the one that a path inside a folder means.

    Looking at the path before it is opened is not enough: a link may take its place in between.
    Raises ``OSError`` if the path is gone.
    """
    real = path.resolve(strict=True)
    is_same = os.path.samestat(os.fstat(handle), real.lstat())
    return is_same and real.is_relative_to(root.resolve())


def _split(place: PurePosixPath) -> tuple[str, str]:
    stem, _, number = place.name.removesuffix(SUFFIX).partition("@")
    return stem, number


def _is_odd(part: str) -> bool:
    """Tell whether a part of a path is hidden, or not the same file on every system."""
    name = part.casefold()
    return _safe(name) != name or name.startswith(".") or name.endswith(" ") or ":" in name


def _safe(part: str) -> str:
    front = "~" if part.partition(".")[0].rstrip() in _DEVICES else ""
    back = "~" if part.endswith((".", SUFFIX)) else ""
    return f"{front}{part}{back}"
