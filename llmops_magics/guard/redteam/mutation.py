"""Disguises: the same instruction, written so that a filter on plain text does not see it.

A mutator gets a text and the words in it that have to stay readable, because the success of the
attack is told by them. Those that encode the whole text say, in plain words, how to read it.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote

Mutator: TypeAlias = Callable[[str, Sequence[str]], str]

PLAIN: Final = "plain"
_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_HOMOGLYPHS: Final = str.maketrans("aeopcxyAEOPCXH", "аеорсхуАЕОРСХН")  # noqa: RUF001 -- Cyrillic
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_ZERO_WIDTH: Final = "\u200b"
_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?-:'"
_CODES: Final = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..-
-.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.. -....-
---... .----.
"""
_MORSE: Final = dict(zip(_SIGNS, _CODES.split(), strict=True))
_PIECES: Final = 4


def mutate(name: str, text: str, keep: Sequence[str] = ()) -> str:
    """Return the text in a disguise."""
    return MUTATORS[name](text, keep)


def _around(text: str, keep: Sequence[str], change: Callable[[str], str]) -> str:
    """Change everything but the words to keep."""
    words = sorted(filter(None, keep), key=len, reverse=True)
    if not words:
        return change(text)
    parts = re.split("(" + "|".join(map(re.escape, words)) + ")", text)
    return "".join(part if n % 2 else change(part) for n, part in enumerate(parts))


def _plain(text: str, _keep: Sequence[str]) -> str:
    return text


def _upper(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, str.upper)


def _leetspeak(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, lambda part: part.translate(_LEET))


def _homoglyph(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, lambda part: part.translate(_HOMOGLYPHS))


def _fullwidth(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, lambda part: part.translate(_FULL_WIDTH))


def _zero_width(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, lambda part: re.sub(r"(?<=\w)(?=\w)", _ZERO_WIDTH, part))


def _spaced(text: str, keep: Sequence[str]) -> str:
    return _around(text, keep, lambda part: re.sub(r"(?<=\w)(?=\w)", " ", part.replace(" ", "   ")))


def _base64(text: str, _keep: Sequence[str]) -> str:
    return f"(base64) {base64.b64encode(text.encode()).decode()}"


def _hex(text: str, _keep: Sequence[str]) -> str:
    return f"(hexadecimal) {text.encode().hex()}"


def _rot13(text: str, _keep: Sequence[str]) -> str:
    return f"(rot13) {codecs.encode(text, 'rot13')}"


def _url(text: str, _keep: Sequence[str]) -> str:
    return f"(URL-encoded) {quote(text, safe='')}"


def _reversed(text: str, _keep: Sequence[str]) -> str:
    return f"(written backwards) {text[::-1]}"


def _morse(text: str, _keep: Sequence[str]) -> str:
    words = text.upper().split()
    coded = (" ".join(_MORSE[sign] for sign in word if sign in _MORSE) for word in words)
    return f"(Morse code) {' / '.join(coded)}"


def _split(text: str, _keep: Sequence[str]) -> str:
    """Cut the text into parts that make sense only when they are put together again."""
    size = max(1, -(-len(text) // _PIECES))
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    named = [f"{chr(ord('a') + n)} = {part!r}" for n, part in enumerate(parts)]
    joined = " + ".join(chr(ord("a") + n) for n in range(len(parts)))
    return "\n".join([*named, f"The text is {joined}."])


def _fenced(text: str, _keep: Sequence[str]) -> str:
    return f"\n```text\n{text}\n```\n"


MUTATORS: Final[Mapping[str, Mutator]] = {
    PLAIN: _plain,
    "upper": _upper,
    "spaced": _spaced,
    "leetspeak": _leetspeak,
    "homoglyph": _homoglyph,
    "fullwidth": _fullwidth,
    "zero-width": _zero_width,
    "fenced": _fenced,
    "base64": _base64,
    "hex": _hex,
    "rot13": _rot13,
    "url": _url,
    "reversed": _reversed,
    "morse": _morse,
    "split": _split,
}
