"""Compressed content unpacked up to a limit: a few kilobytes can stand for gigabytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator

from llmops_magics.errors import ArtifactError

MAX_BYTES = 2**30
MAX_LINE_BYTES = 2**28
_GZIP = 31  # what zlib calls a deflated stream with gzip's head and sum


def unpack(content: bytes, *, most: int = MAX_BYTES) -> bytes:
    """Return what a gzip file holds; raises ``ArtifactError`` for none, and for over ``most``."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        found = unpacker.decompress(content, most + 1)
    except zlib.error as error:
        raise ArtifactError(f"This is no gzip file: {error}.") from None
    if len(found) > most:
        raise _too_much(most)
    if not unpacker.eof:
        raise ArtifactError("This gzip file was cut short.")
    return found


def unpacked_lines(content: bytes, *, most: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    """Yield the lines of a gzip file, as they are unpacked; ``most`` limits each of them."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while line := stream.readline(most + 1):
                if len(line) > most:
                    raise _too_much(most)
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise ArtifactError(f"This is no gzip file: {error}.") from None


def _too_much(most: int) -> ArtifactError:
    return ArtifactError(f"It unpacks to over {most >> 20} MB.")
