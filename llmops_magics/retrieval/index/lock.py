"""A file lock with a clear error: one writer of an index, one client of its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmops_magics.errors import RetrievalError
from llmops_magics.storage.private import FILE_MODE, private_folder


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold a file lock; it goes with the process, however that ends."""
    from filelock import FileLock, Timeout

    try:
        private_folder(path.parent)
        lock = FileLock(path, timeout=timeout_s, mode=FILE_MODE)
        lock.acquire()
    except Timeout as error:
        raise RetrievalError(
            f"another process has held {path} for over {timeout_s:.0f} s.",
            hint="Wait for its build to end, or stop it.",
        ) from error
    except OSError as error:
        raise RetrievalError(
            f"cannot write to {path.parent}: {error.strerror}.", hint="Check the folder's rights."
        ) from error
    try:
        yield
    finally:
        lock.release()
