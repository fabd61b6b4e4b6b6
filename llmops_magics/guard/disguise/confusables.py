"""Letters of other scripts that are read as Latin ones.

A word is only read so where it is no word of its own script: it mixes scripts, or it is made of
look-alikes alone in a text that is otherwise Latin.
"""

# ruff: noqa: RUF001 (look-alikes are what this file is about)
from __future__ import annotations

import re
from typing import Final

# Drawn alike in most fonts (a part of the Unicode list of confusables, Technical Standard 39).
_ALIKE: Final = {
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ҽ": "e", "ё": "e", "ғ": "f", "ԍ": "g",
    "һ": "h", "і": "i", "ї": "i", "ј": "j", "к": "k", "ӏ": "l", "м": "m", "о": "o", "р": "p",
    "ԛ": "q", "ѕ": "s", "т": "t", "υ": "u", "ѵ": "v", "ԝ": "w", "х": "x", "у": "y", "ү": "y",
    "А": "A", "В": "B", "С": "C", "Е": "E", "Ё": "E", "Ԍ": "G", "Н": "H", "І": "I", "Ї": "I",
    "Ј": "J", "К": "K", "М": "M", "О": "O", "Р": "P", "Ѕ": "S", "Т": "T", "Ѵ": "V", "Ԝ": "W",
    "Х": "X", "У": "Y", "Ү": "Y", "Ӏ": "I",
    "α": "a", "β": "b", "ε": "e", "γ": "y", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o",
    "ρ": "p", "σ": "o", "τ": "t", "χ": "x", "ω": "w", "ϲ": "c", "ϳ": "j",
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N",
    "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X", "Ϲ": "C",
    "ɑ": "a", "ɡ": "g", "ɩ": "i", "ȷ": "j", "ʟ": "L", "ɴ": "N", "ʀ": "R", "ʏ": "Y",
    "ᴀ": "A", "ʙ": "B", "ᴄ": "C", "ᴅ": "D", "ᴇ": "E", "ꜰ": "F", "ɢ": "G", "ʜ": "H", "ɪ": "I",
    "ᴊ": "J", "ᴋ": "K", "ᴍ": "M", "ᴏ": "O", "ᴘ": "P", "ꞯ": "Q", "ꜱ": "S", "ᴛ": "T", "ᴜ": "U",
    "ᴠ": "V", "ᴡ": "W", "ᴢ": "Z",
    "ƒ": "f", "ɛ": "e", "ɔ": "c", "ʋ": "v", "ա": "w", "օ": "o", "ո": "n", "ս": "u", "հ": "h",
    "զ": "q", "ց": "g", "յ": "j", "Օ": "O", "Տ": "S", "Ս": "U", "Լ": "L",
    "Ꭺ": "A", "Ᏼ": "B", "Ꮯ": "C", "Ꭰ": "D", "Ꭼ": "E", "Ꮐ": "G", "Ꮋ": "H", "Ꭵ": "i", "Ꭻ": "J",
    "Ꮶ": "K", "Ꮮ": "L", "Ꮇ": "M", "Ꮲ": "P", "Ꮪ": "S", "Ꭲ": "T", "Ꮩ": "V", "Ꮃ": "W", "Ꮓ": "Z",
}  # fmt: skip
# Drawn less alike, but read so inside a word that has Latin letters.
_MIXED: Final = {
    "п": "n", "и": "u", "я": "r", "Я": "R", "ш": "w", "щ": "w", "н": "h", "ь": "b", "г": "r",
    "П": "N", "И": "N", "Ш": "W", "д": "d", "Д": "D", "з": "e", "З": "E", "л": "l", "ф": "o",
    "є": "e", "Є": "E", "ч": "y", "б": "b", "э": "e", "λ": "l", "Λ": "A", "Σ": "E", "π": "n",
    "θ": "o", "Θ": "O", "μ": "u", "µ": "u", "δ": "d", "Δ": "A", "ς": "c", "ζ": "z", "φ": "o",
}  # fmt: skip
_STRICT: Final = str.maketrans(_ALIKE)
_LOOSE: Final = str.maketrans({**_MIXED, **_ALIKE})
_FOREIGN: Final = frozenset(_ALIKE) | frozenset(_MIXED)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[A-Za-z]")


def unmixed(text: str, characters: frozenset[str]) -> str:
    """Return a text with look-alikes read as Latin letters; it keeps its length.

    ``characters`` are those that the text is made of: most texts hold no look-alike at all.
    """
    if not characters & _FOREIGN:
        return text
    is_latin = 2 * len(text.encode("ascii", "ignore")) > len(text)

    def read(match: re.Match[str]) -> str:
        word = match.group()
        if word.isascii():
            return word
        if _LATIN.search(word):
            latin = word.translate(_LOOSE)
        elif is_latin:
            latin = word.translate(_STRICT)
        else:
            return word
        return latin if latin.isascii() else word

    return _WORD.sub(read, text)
