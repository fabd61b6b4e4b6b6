"""A file of a corpus: opened without following a link, read up to a limit."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llmops_magics.errors import RetrievalError

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """What a loader is given: ``id`` is the path from the corpus's root, with ``/``.

    ``encoding`` is that of files that are not UTF-8 and do not say what they are; "" is guessed.
    """

    path: Path
    id: str
    max_bytes: int
    encoding: str = ""

    @property
    def suffix(self) -> str:
        """The ending, in lower case: ``.md``."""
        return self.path.suffix.lower()

    def read(self) -> tuple[bytes, datetime]:
        """Return the whole content and when it was changed; raises ``RetrievalError``.

        Neither a link nor a pipe nor a device is read, even one put there a moment ago.
        """
        try:
            handle = os.open(self.path, _FLAGS)
            with os.fdopen(handle, "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise RetrievalError("not a regular file")
                content = stream.read(self.max_bytes + 1)
        except OSError as error:
            raise RetrievalError(f"unreadable: {error.strerror}") from error
        if len(content) > self.max_bytes:
            raise RetrievalError(too_large(self.max_bytes))
        return content, datetime.fromtimestamp(status.st_mtime, UTC)


def too_large(max_bytes: int) -> str:
    """Say why something is not read."""
    return f"over {max_bytes // 1_000_000} MB (retrieval.max_document_mb)"
