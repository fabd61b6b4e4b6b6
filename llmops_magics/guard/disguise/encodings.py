"""Text in an encoding that a model reads and a pattern does not.

A decoding counts only where it gives readable text: of sixteen random characters of base64, one
in a hundred thousand does.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

from llmops_magics.guard.disguise.view import Edit, TextView, rewritten

MARGIN: Final = 200  # characters beside an encoded run that its view keeps

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}")
_BASE32: Final = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{24,}={0,6}")
_HEX: Final = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :,]?){8,}")
_ESCAPES: Final = re.compile(
    r"(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}"
    r"|(?:0x[0-9A-Fa-f]{2}[ ,;]{0,2})){4,}"
)
_ESCAPE: Final = re.compile(r"\\x(..)|\\u\{([^}]*)\}|\\u(....)|0x(..)")
_CODES: Final = re.compile(r"(?<![\d.,])(?:\d{2,3}[ ,;]{1,2}){7,}\d{2,3}(?!\d)")
_BINARY: Final = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){4,}(?!\d)")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[lg]t);")
_JOINED: Final = re.compile(r"['\"][ \t]{0,3}\+[ \t]{0,3}['\"]")
_NUMBER: Final = re.compile(r"\d+")


def decoded(view: TextView) -> list[TextView]:
    """Return a view for each encoding that a text holds readable text in."""
    found = []
    for name, mark, pattern, decode in _DECODERS:
        if mark and mark not in view.text:
            continue
        edits = _edits(view.text, pattern, decode)
        if edits:
            found.append(rewritten(view, edits, name, margin=MARGIN))
    return found


def _edits(text: str, pattern: re.Pattern[str], decode: Callable[[str], str | None]) -> list[Edit]:
    found = ((m.start(), m.end(), decode(m.group())) for m in pattern.finditer(text))
    return [Edit(start, end, new) for start, end, new in found if new is not None]


def readable(raw: bytes) -> str | None:
    """Return bytes as text, if they are one: nearly all letters, digits and spaces."""
    if len(raw) < 4:
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    sample = text[:400]
    plain = sum(c.isalnum() or c.isspace() for c in sample)
    printable = sum(c.isprintable() or c in "\r\n\t" for c in sample)
    return text if printable == len(sample) and plain >= 0.7 * len(sample) else None


def readable_run(run: str) -> str | None:
    """Return what a run of base64 says, if it says anything."""
    compact = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if _readable_start(compact) is None:
        return None
    return readable(_from_base64(compact[: len(compact) - (len(compact) % 4 == 1)]))


def _readable_start(compact: str) -> str | None:
    """Return what the first characters of a base64 text say; most runs are none."""
    head = _from_base64(compact[:16])
    return head.decode("latin-1") if sum(b < 32 or b == 127 for b in head) <= 2 else None


def _from_base64(compact: str) -> bytes:
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4))
    except (binascii.Error, ValueError):
        return b""


def _base32(run: str) -> str | None:
    compact = run.rstrip("=")
    try:
        return readable(base64.b32decode(compact[: len(compact) // 8 * 8]))
    except binascii.Error:
        return None


def _hex(run: str) -> str | None:
    return readable(bytes.fromhex("".join(c for c in run if c.isalnum())))


def _escapes(run: str) -> str | None:
    codes = (int(next(g for g in m.groups() if g), 16) for m in _ESCAPE.finditer(run))
    return readable("".join(map(chr, (c for c in codes if _is_character(c)))).encode())


def _is_character(code: int) -> bool:
    return code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def _codes(run: str) -> str | None:
    codes = [int(number) for number in _NUMBER.findall(run)]
    return readable(bytes(codes)) if all(32 <= code < 127 for code in codes) else None


def _binary(run: str) -> str | None:
    bits = "".join(c for c in run if c in "01")
    return readable(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)))


def _percent(run: str) -> str | None:
    return unquote_to_bytes(run).decode("utf-8", "replace")


def _entity(run: str) -> str | None:
    return html.unescape(run)


def _nothing(_: str) -> str | None:
    return ""


# Name, a text without which there can be none, what a run looks like, how it is decoded.
_DECODERS: Final[tuple[tuple[str, str, re.Pattern[str], Callable[[str], str | None]], ...]] = (
    ("base64", "", _BASE64, readable_run),
    ("base32", "", _BASE32, _base32),
    ("hex", "", _HEX, _hex),
    ("escapes", "", _ESCAPES, _escapes),
    ("character codes", "", _CODES, _codes),
    ("binary", "", _BINARY, _binary),
    ("percent encoding", "%", _PERCENT, _percent),
    ("HTML entities", "&", _ENTITY, _entity),
    ("joined strings", "+", _JOINED, _nothing),
)
