"""The text of bytes: UTF-8 where it is that, else what they say of themselves, else a guess.

A guess goes by charset-normalizer. For short Western texts it often names a code page that differs
from Windows-1252 in a letter or two; where that fits about as well, it is taken, as browsers do.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, NamedTuple

from llmops_magics.errors import RetrievalError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD_BYTES = 8192
_SAMPLE_BYTES = 1_000_000
_WESTERN = "cp1252"
_LATIN = re.compile(
    r"cp(125[02478]|1006|1125|1140|273|437|500|720|775|85\d|86\d|037)|hp_roman8|ptcp154"
    r"|iso8859_(1|2|3|4|9|10|13|14|15|16)|latin_1|mac_(?!cyrillic|greek).+"
)
_LESS_COHERENT, _MORE_CHAOTIC = 0.06, 0.1


class Decoded(NamedTuple):
    """A text, and the encoding it was in."""

    text: str
    encoding: str


def decode(content: bytes, *, declared: str = "", fallback: str = "") -> Decoded:
    """Return the text of a file.

    ``declared`` is what the file says of itself; ``fallback`` what the user says of files that say
    nothing. Raises ``RetrievalError`` for a binary file, and for one that nothing decodes.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding) or _refuse()
    if b"\0" in content[:_HEAD_BYTES]:
        raise RetrievalError("binary")
    for encoding in ("utf-8", declared, fallback):
        decoded = _strictly(content, encoding) if encoding else None
        if decoded is not None:
            return decoded
    guess = _guess(content[:_SAMPLE_BYTES])
    return (guess and _strictly(content, guess)) or _refuse()


def is_encoding(name: str) -> bool:
    """Tell whether Python knows a text encoding of that name."""
    try:
        return codecs.lookup(name)._is_text_encoding  # noqa: SLF001 -- rot13 is none
    except LookupError:
        return False


def _refuse() -> Decoded:
    raise RetrievalError("in no encoding that can be told")


def _strictly(content: bytes, encoding: str) -> Decoded | None:
    if not is_encoding(encoding):  # a page may declare anything
        return None
    try:
        text = content.decode(encoding)
    except (UnicodeError, ValueError):
        return None
    name = codecs.lookup(encoding).name
    return Decoded(text, "utf-8" if name == "utf-8-sig" else name) if "\0" not in text else None


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    found = list(from_bytes(sample))
    if not found:
        return ""
    best: Any = found[0]
    western = next((m for m in found if _WESTERN in (m.encoding, *m.could_be_from_charset)), None)
    if western is None or not _LATIN.fullmatch(best.encoding):
        return str(best.encoding)
    is_close = (
        western.coherence >= best.coherence - _LESS_COHERENT
        and western.chaos <= best.chaos + _MORE_CHAOTIC
    )
    return _WESTERN if is_close else str(best.encoding)
