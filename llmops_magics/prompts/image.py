"""Images in prompts: which files and addresses pass, and what a model is sent of them.

An address (``https:``, ``http:``, or ``data:`` with an image in base64) passes as it is. A file
that a template names is an artifact since the version was registered. A path that comes from a
variable is read when the prompt is rendered, from inside the workspace's folder only. What a file
is, its first bytes say, not its name.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmops_magics.errors import RenderError
from llmops_magics.prompts.place import is_inside

MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_URL_CHARS = 8_192
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f\"<>]+", re.IGNORECASE)
_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ImageReader:
    """Where images come from.

    ``load`` returns an artifact's bytes by digest; ``root`` is the folder that files named by
    variables must lie in, None where none may be read.
    """

    load: Callable[[str], bytes]
    root: Path | None = None


def _refuse(address: str) -> bytes:
    raise RenderError(f"The image {address} cannot be read here: there is no workspace.")


NO_FILES = ImageReader(load=_refuse)


def is_address(source: str) -> bool:
    """Tell whether an image is given by an address, not by the path of a file."""
    return re.match(r"(https?|data|ftp|file|javascript|blob):", source, re.IGNORECASE) is not None


def check_address(source: str) -> str:
    """Return an address that a model can be sent, or raise ``RenderError``."""
    data = _DATA.match(source)
    if data:
        _check_data(source, data)
        return source
    if len(source) > MAX_URL_CHARS or not _ADDRESS.fullmatch(source):
        raise RenderError(
            f"{source[:80]!r} is no address of an image.",
            hint="Use https:, http:, or data:image/png;base64, (png, jpeg, gif, webp).",
        )
    return source


def data_address(content: bytes, what: str) -> str:
    """Return an image's bytes as a ``data:`` address; ``what`` names it in an error."""
    return f"data:{check_image(content, what)};base64,{base64.b64encode(content).decode()}"


def check_image(content: bytes, what: str) -> str:
    """Return the media type of an image by its first bytes, or raise ``RenderError``."""
    if len(content) > MAX_IMAGE_BYTES:
        raise RenderError(f"{what} is over {MAX_IMAGE_BYTES // 1024**2} MB.")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    raise RenderError(f"{what} is no image.", hint="Known kinds: PNG, JPEG, GIF and WebP.")


def read_image(path: str | Path, root: Path) -> bytes:
    """Return the image in a file inside a folder, after every symbolic link is followed.

    A path that is not absolute counts from ``root``. Raises ``RenderError`` for a file outside,
    for what is no regular file, is too large or is no image.
    """
    what = f"The image {str(path)[:200]!r}"
    try:
        real = (root / path).resolve(strict=True)
        if not real.is_relative_to(root.resolve()):
            raise _outside(what)
        content = _read_regular(real, what, root)
    except FileNotFoundError as error:
        raise RenderError(f"{what} is not there.", hint=f"Looked in {root}.") from error
    except (OSError, ValueError, RuntimeError) as error:  # NUL in the path, a loop of links
        raise RenderError(f"{what} cannot be read: {error}.") from error
    check_image(content, what)
    return content


def _read_regular(path: Path, what: str, root: Path) -> bytes:
    """Read a file that is one, and inside: a pipe would wait for ever, a device never end."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise RenderError(f"{what} is no regular file.")
        if not is_inside(handle, path, root):
            raise _outside(what)
        return stream.read(MAX_IMAGE_BYTES + 1)


def _outside(what: str) -> RenderError:
    return RenderError(
        f"{what} lies outside the workspace's folder.",
        hint="Copy it into the workspace, or pass a data: address.",
    )


def _check_data(source: str, match: re.Match[str]) -> None:
    what = "The image in a data: address"
    if len(source) > MAX_IMAGE_BYTES * 4 // 3 + 100:
        raise RenderError(f"{what} is over {MAX_IMAGE_BYTES // 1024**2} MB.")
    try:
        content = base64.b64decode(source[match.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise RenderError(f"{what} is no valid base64.") from error
    kind = check_image(content, what)
    if kind != f"image/{match[1].lower()}":
        raise RenderError(f"{what} is {kind}, not image/{match[1].lower()}.")
