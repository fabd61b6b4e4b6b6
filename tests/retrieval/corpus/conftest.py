"""A registry over a store of its own, a folder to read, and PDFs made by hand."""

from __future__ import annotations

import zlib

import pytest

from llmops_magics.retrieval.corpus.registry import CorpusRegistry


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "work" / "docs"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def corpora(store, docs):
    return CorpusRegistry(store, lambda: "ada", root=docs.parent, max_document_bytes=100_000)


@pytest.fixture
def make_pdf():
    """``make_pdf(stream, ...)`` returns a PDF with a page for each content stream."""
    return _pdf


def _pdf(*streams: bytes, packed: bool = False) -> bytes:
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, stream in enumerate(streams):
        body = zlib.compress(stream, 9) if packed else stream
        how = " /Filter /FlateDecode" if packed else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        head = f"<< /Length {len(body)}{how} >>\nstream\n".encode()
        objects.append(head + body + b"\nendstream")
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return content + tail.encode() + f"startxref\n{len(content)}\n%%EOF".encode()
