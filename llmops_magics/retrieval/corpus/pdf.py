"""The text of a PDF, page by page; the metadata say where each page begins.

A PDF is a program that somebody else wrote: pypdf's limits on what a stream may unpack to are set
to the document's own, and so is the sum over all pages. A scan has no text; reading one takes OCR.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.file import SourceFile, too_large

MAX_STREAM_BYTES = 20_000_000  # of one page, unpacked; text of a page has some 10 kB
MAX_SECONDS = 300.0
_SEPARATOR = "\n\n"


def load_pdf(file: SourceFile) -> Iterator[Mapping[str, Any]]:
    """Yield the one document of a PDF; ``page_starts`` are offsets of the text."""
    content, changed_at = file.read()
    from pypdf import apply_configuration
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    limit = min(MAX_STREAM_BYTES, file.max_bytes)
    limits = dict.fromkeys(_LIMITS, limit)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is counted, not printed
    try:
        with apply_configuration(**limits):
            title, pages = _pages(content, file.max_bytes)
    except RetrievalError:
        raise
    except (FileNotDecryptedError, DependencyError) as error:
        raise RetrievalError("an encrypted PDF") from error
    except LimitReachedError as error:
        raise RetrievalError("a PDF that unpacks to more than is read") from error
    except Exception as error:  # a broken PDF raises anything
        raise RetrievalError("a damaged PDF") from error
    if not any(page.strip() for page in pages):
        raise RetrievalError("a PDF without text (a scan needs OCR first)")
    metadata = {"pages": len(pages), "page_starts": _starts(pages)}
    text = _SEPARATOR.join(pages)
    yield {"title": title, "text": text, "updated_at": changed_at, "metadata": metadata}


_LIMITS = (
    "zlib_maximum_output_length",
    "lzw_maximum_output_length",
    "run_length_maximum_output_length",
    "brotli_maximum_output_length",
    "array_based_stream_maximum_output_length",
)


def _pages(content: bytes, max_bytes: int) -> tuple[str, list[str]]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):  # many ask for no password to be read
        raise RetrievalError("an encrypted PDF")
    deadline = time.monotonic() + MAX_SECONDS
    pages, room = [], max_bytes
    for page in reader.pages:
        text = page.extract_text().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        pages.append(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
        room -= len(pages[-1])
        if room < 0:
            raise RetrievalError(too_large(max_bytes))
        if time.monotonic() > deadline:
            raise RetrievalError(f"a PDF that takes over {MAX_SECONDS:g} s to read")
    title = reader.metadata.title if reader.metadata else ""
    return (title or "").strip(), pages


def _starts(pages: list[str]) -> list[int]:
    starts, position = [], 0
    for page in pages:
        starts.append(position)
        position += len(page) + len(_SEPARATOR)
    return starts
