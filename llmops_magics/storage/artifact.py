"""Content-addressed artifacts: bytes filed under the digest of what they are.

A file is written whole or not at all, is verified again on every read, and the same content has
the same address in every store. Any fsspec URL will do (``s3://…``); a plain path is local.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from llmops_magics.errors import ArtifactError
from llmops_magics.record import digest_bytes
from llmops_magics.storage.private import private_folder


class Artifacts:
    """A folder of content-addressed files, local or behind fsspec."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._local = "://" not in self.url

    def put(self, content: bytes) -> str:
        """Store content, once; return its digest."""
        address = digest_bytes(content)
        if self._local:
            self._put_local(Path(self._path(address)), content)
        elif not self._filesystem().exists(self._path(address)):
            self._filesystem().pipe_file(self._path(address), content)
        return address

    def has(self, address: str) -> bool:
        """Tell whether something is filed under a digest."""
        path = self._path(address)
        return Path(path).exists() if self._local else bool(self._filesystem().exists(path))

    def get(self, address: str) -> bytes:
        """Return the content filed under a digest, verified."""
        path = self._path(address)
        try:
            content = (
                Path(path).read_bytes() if self._local else bytes(self._filesystem().cat_file(path))
            )
        except FileNotFoundError:
            raise ArtifactError(
                f"no artifact {address} in {self.url}.",
                hint="Restore it from a backup, or register its source again.",
            ) from None
        if digest_bytes(content) != address:
            raise ArtifactError(f"artifact {address} was changed after it was written: {path}.")
        return content

    def _path(self, address: str) -> str:
        algorithm, _, value = address.partition(":")
        if not (algorithm.isalnum() and value.isalnum()):
            raise ArtifactError(f"{address!r} is not a digest such as sha256:ab12….")
        return f"{self.url}/{algorithm}/{value[:2]}/{value}"

    def _filesystem(self) -> Any:
        import fsspec

        return fsspec.core.url_to_fs(self.url)[0]

    @staticmethod
    def _put_local(path: Path, content: bytes) -> None:
        if path.exists():
            return
        private_folder(path.parent)
        write_atomically(path, content)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by new content so that a reader sees the old or the new, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
