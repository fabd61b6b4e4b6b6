"""The images of one rendering: where a template shows one, and how the text is split there.

``image(…)`` gives a template a ``Picture``, which can be kept and written but not turned into
text. Written, it leaves a marker with a number drawn for this rendering alone, so no variable can
forge one. What happens to a marker afterwards (a macro's text in upper case) is noticed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from pathlib import PurePath
from typing import Any, NoReturn

from llmops_magics.errors import RenderError
from llmops_magics.prompts.image import (
    NO_FILES,
    ImageReader,
    check_address,
    data_address,
    is_address,
    read_image,
)

MAX_IMAGES = 50
MAX_TOTAL_CHARS = 64 * 1024 * 1024  # of all addresses of a prompt, data: included
DETAILS = ("auto", "low", "high")
_TRACE = 12  # characters of a nonce in a row that no text has by chance


class Picture:
    """An image in a template; only writing it does anything."""

    __slots__ = ("_index",)

    def __init__(self, index: int) -> None:
        self._index = index

    def _as_text(self, *_: Any) -> NoReturn:
        raise RenderError(
            "An image is no text: a filter or an operator was used on it.",
            hint="Write it alone: {{ image(path) }}.",
        )

    __str__ = __repr__ = __format__ = _as_text


class Album:
    """Collects what ``image(…)`` was called with while the messages of a prompt are rendered."""

    def __init__(self, pinned: Mapping[str, str], reader: ImageReader = NO_FILES) -> None:
        self._pinned = pinned
        self._reader = reader
        self._urls: dict[str, str] = {}
        self._parts: list[dict[str, Any]] = []
        self._written: set[int] = set()
        self._shown = self._characters = 0
        self.role = "user"

    @cached_property
    def _nonce(self) -> str:
        return secrets.token_hex(16)

    def add(self, source: Any, detail: str | None = None) -> Picture:
        """Take an image by address, by a path that the version pins, or by any other path."""
        if self.role != "user":
            raise RenderError(f"The {self.role} message shows an image; only a user message may.")
        if detail is not None and detail not in DETAILS:
            raise RenderError(
                f"The detail of an image is {str(detail)[:40]!r}.", hint="Use auto, low or high."
            )
        if not isinstance(source, str | PurePath):
            raise RenderError(
                f"image() was given a {type(source).__name__}, not an address or a path."
            )
        if len(self._parts) >= MAX_IMAGES:
            raise RenderError(f"The prompt shows over {MAX_IMAGES} images.")
        image = {"url": self._url(str(source))} | ({"detail": detail} if detail else {})
        self._parts.append({"type": "image_url", "image_url": image})
        return Picture(len(self._parts) - 1)

    def _url(self, source: str) -> str:
        if source not in self._urls:
            self._urls[source] = self._read(source)
        return self._urls[source]

    def _read(self, source: str) -> str:
        if source in self._pinned:
            content = self._reader.load(self._pinned[source])
        elif is_address(source):
            return check_address(source)
        elif self._reader.root is None:
            raise RenderError(
                f"The image {source[:200]!r} cannot be read here: there is no workspace.",
                hint="Pass a data: address.",
            )
        else:
            content = read_image(source, self._reader.root)
        return data_address(content, f"The image {source[:200]!r}")

    def write(self, picture: Picture) -> str:
        """Return the marker that stands for an image until its message is split."""
        self._written.add(picture._index)  # noqa: SLF001
        return f"[{self._nonce}:{picture._index}]"  # noqa: SLF001

    def split(self, text: str) -> str | list[dict[str, Any]]:
        """Return a message's content: its text, or the list of its texts and images."""
        if not self._written:
            return text
        pieces = re.split(rf"\[{self._nonce}:([0-9]+)\]", text)
        found = {int(index) for index in pieces[1::2]}
        if found != self._written or self._is_damaged(pieces[::2]):
            raise RenderError(
                "The place of an image in the message was lost or damaged.",
                hint="Write an image alone, with no filter on it or on the text around it.",
            )
        self._written.clear()
        parts: list[dict[str, Any]] = []
        for position, piece in enumerate(pieces):
            if position % 2:
                parts.append(self._show(int(piece)))
            elif piece.strip():
                parts.append({"type": "text", "text": piece.strip("\n")})
        return parts

    def _show(self, index: int) -> dict[str, Any]:
        """Return an image's part; one that is written twice is sent twice, and counts twice."""
        part = self._parts[index]
        self._shown += 1
        self._characters += len(part["image_url"]["url"])
        if self._shown > MAX_IMAGES:
            raise RenderError(f"The prompt shows over {MAX_IMAGES} images.")
        if self._characters > MAX_TOTAL_CHARS:
            raise RenderError(f"The images of the prompt are over {MAX_TOTAL_CHARS >> 20} MB.")
        return part

    def _is_damaged(self, texts: list[str]) -> bool:
        left = "\n".join(texts).casefold()
        ways = (self._nonce, self._nonce[::-1])
        return any(
            way[start : start + _TRACE] in left
            for way in ways
            for start in range(len(way) - _TRACE + 1)
        )


_current: ContextVar[Album] = ContextVar("llmops_album")


@contextmanager
def collecting(album: Album) -> Iterator[Album]:
    """Make an album the one that ``image(…)`` adds to in this context."""
    token = _current.set(album)
    try:
        yield album
    finally:
        _current.reset(token)


def place(source: Any, detail: str | None = None) -> Picture:
    """Add an image to the rendering under way: what ``image(…)`` of a template calls."""
    return _current.get().add(source, detail)


def marker(picture: Picture) -> str:
    """Return the marker of an image that is being written."""
    return _current.get().write(picture)
