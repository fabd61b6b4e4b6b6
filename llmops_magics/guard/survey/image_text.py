"""The text that a picture's file carries beside its pixels: comments, EXIF, PNG text chunks.

A key in such a chunk is seen by nobody who looks at the picture, and by everybody who has the file.
Reading is bounded: a chunk that unpacks to more is cut.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
MAX_TEXT_BYTES = 1_000_000
_PNG_TEXT = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf"})
# What a JPEG needs to look as it does: APP0 (JFIF), APP2 (colour profile), APP14 (Adobe).
_JPEG_KEPT = frozenset({0xE0, 0xE2, 0xEE})
_JPEG_SCAN = 0xDA
_READABLE = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{6,}")
_ASCII = re.compile(rb"[\t\n\r\x20-\x7e]{6,}")
DATA_URI = re.compile(r"data:[\w.+-]{1,40}/[\w.+-]{1,60}(?:;[\w=.+-]{1,60}){0,4};base64,")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=_-]*")


def decoded(encoded: str) -> bytes | None:
    """Return what base64 text stands for, None for what is none."""
    try:
        return b64decode("".join(encoded.split()), validate=True)
    except (Base64Error, ValueError):
        return None


def text_beside(content: bytes) -> str:
    """Return the text in a picture's file; of an unknown format every run of readable bytes."""
    if content.startswith(PNG):
        pieces = [_png_text(kind, body) for kind, body in _chunks(content) if kind in _PNG_TEXT]
        pieces += [_readable(_behind(content))]
    elif content.startswith(JPEG):
        pieces = [_readable(body) for marker, body in _segments(content)[0] if _is_text(marker)]
    else:
        pieces = [_readable(content)]
    return "\n".join(piece for piece in pieces if piece)


def without_text(content: bytes) -> bytes | None:
    """Return the same picture without any text beside it; None for a format that is not known."""
    if content.startswith(PNG):
        kept = (chunk for chunk in _chunks(content) if chunk[0] not in _PNG_TEXT)
        return PNG + b"".join(_chunk(kind, body) for kind, body in kept)
    if content.startswith(JPEG):
        segments, rest = _segments(content)
        kept_segments = [_segment(m, body) for m, body in segments if not _is_text(m)]
        return JPEG + b"".join(kept_segments) + rest
    return None


def without_embedded_text(text: str) -> str:
    """Return a text whose embedded pictures (``data:image/png;base64,…``) hold no other text."""
    pieces, at = [], 0
    for start, end in data_uris(text):
        pieces += [text[at:start], _stripped(text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def data_uris(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the base64 of embedded files begins and ends."""
    if ";base64," in text:
        for match in DATA_URI.finditer(text):
            run = _BASE64_RUN.match(text, match.end())
            yield match.end(), run.end() if run else match.end()


def _stripped(encoded: str) -> str:
    content = decoded(encoded)
    bare = without_text(content) if content else None
    return encoded if bare is None or bare == content else b64encode(bare).decode()


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG up to its end, or to where it is damaged."""
    chunks, at = [], len(PNG)
    while at + 12 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        kind = content[at + 4 : at + 8]
        chunks.append((kind, content[at + 8 : at + 8 + length]))
        at += 12 + length
        if kind == b"IEND":
            break
    return chunks


def _behind(content: bytes) -> bytes:
    """Return what stands behind the end of a PNG, which no viewer shows."""
    end = content.rfind(b"IEND")
    return content[end + 8 :] if end >= 0 else b""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_text(kind: bytes, body: bytes) -> str:
    if kind == b"zTXt":
        word, _, packed = body.partition(b"\0")
        return f"{_latin(word)}: {_latin(_unpacked(packed[1:]))}"
    if kind == b"iTXt":
        word, _, rest = body.partition(b"\0")
        is_packed, rest = rest[:1] == b"\1", rest[2:]
        text = rest.split(b"\0", 2)[-1]
        return f"{_latin(word)}: {_utf8(_unpacked(text) if is_packed else text)}"
    if kind == b"eXIf":
        return _readable(body)
    return _latin(body.replace(b"\0", b": ", 1))


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, MAX_TEXT_BYTES)
    except zlib.error:
        return packed


def _segments(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return a JPEG's segments up to its pixels, and the rest."""
    segments, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _JPEG_SCAN:
            break
        length = max(2, struct.unpack(">H", content[at + 2 : at + 4])[0])
        segments.append((marker, content[at + 4 : at + 2 + length]))
        at += 2 + length
    return segments, content[at:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _is_text(marker: int) -> bool:
    """Tell comments and application data from what the picture is made of."""
    return marker == 0xFE or (0xE0 <= marker <= 0xEF and marker not in _JPEG_KEPT)


def _readable(content: bytes) -> str:
    """Return runs of readable bytes, as the tool ``strings`` does; UTF-16 as well.

    Each run stands there without its first byte too: that may be the length of the text, which
    would hide the beginning of a word.
    """
    content = content[:MAX_TEXT_BYTES]
    wide = content.replace(b"\0", b"") if b"\0" in content else b""
    runs = [
        match.group()
        for readable in (_READABLE, _ASCII)
        for each in (content, wide)
        for match in readable.finditer(each)
    ]
    return "\n".join(dict.fromkeys(_utf8(part) for run in runs for part in (run, run[1:])))


def _latin(content: bytes) -> str:
    return content[:MAX_TEXT_BYTES].decode("latin-1")


def _utf8(content: bytes) -> str:
    return content[:MAX_TEXT_BYTES].decode("utf-8", "replace")
