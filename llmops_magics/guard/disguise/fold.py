"""The first reading of every text: letters in one shape, and nothing that cannot be seen.

Case, line ends and words of any script stay as they are; accents on Latin letters go, for they
are a cheap disguise and no detector needs them.
"""

# ruff: noqa: RUF001, RUF002 (typographic signs are what is read here)
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from llmops_magics.guard.disguise.confusables import unmixed
from llmops_magics.guard.disguise.view import TextView, replaced, rewritten, same_length

INVISIBLE: Final = "invisible characters"
STYLED: Final = "styled letters"
CONFUSABLE: Final = "look-alike letters"

# Format characters are invisible but for these signs of Arabic and Syriac.
_VISIBLE_FORMAT: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_PUNCTUATION: Final = {
    **dict.fromkeys("‘’‚‛′ʹʼ＇`´", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣", "-"),
    **dict.fromkeys("\u2028\u2029\x85\x0b\x0c", "\n"),
    "\u2800": " ",
    "⁄": "/",
    "∕": "/",
    "।": ".",
    "。": ".",
}
# Letters of Latin alphabets that Unicode does not take apart.
_STROKED: Final = dict(zip("øØłŁđĐħĦı", "oOlLdDhHi", strict=True))
del _PUNCTUATION["`"]  # of ASCII, and Markdown
_LONGEST: Final = 4  # one character is at most so many: "ﷺ" would be eighteen


def fold(view: TextView) -> TextView:
    """Return a view in one shape of letters and without invisible characters."""
    if view.text.isascii():
        return view
    characters = frozenset(view.text)
    table = {c: plain(c) for c in characters if not c.isascii()}
    changed = {c: new for c, new in table.items() if new != c}
    if not changed and characters.isdisjoint(_possible_look_alikes(characters)):
        return view
    text = view.text.translate({ord(c): new for c, new in changed.items() if len(new) == 1})
    latin = unmixed(text, characters)
    how = _reasons(changed, is_latin=latin != text)
    folded = same_length(view, latin, *how)
    longer = {ord(c): new for c, new in changed.items() if len(new) != 1}
    if not longer:
        return folded
    runs = re.compile(f"[{re.escape(''.join(map(chr, longer)))}]+")
    return rewritten(folded, replaced(runs, folded.text, longer))


def _possible_look_alikes(characters: frozenset[str]) -> frozenset[str]:
    return frozenset(c for c in characters if not c.isascii() and c.isalpha())


def _reasons(changed: dict[str, str], *, is_latin: bool) -> tuple[str, ...]:
    reasons = []
    if any(not new for new in changed.values()):
        reasons.append(INVISIBLE)
    if any(_is_styled(c, new) for c, new in changed.items()):
        reasons.append(STYLED)
    if is_latin:
        reasons.append(CONFUSABLE)
    return tuple(reasons)


def _is_styled(character: str, new: str) -> bool:
    """Tell a fancy "𝐢" from the "é" of an ordinary word."""
    if not (new.isascii() and new.isalpha()):
        return False
    return new in unicodedata.normalize("NFKC", character) or character in _ENCLOSED


def _enclosed() -> dict[str, str]:
    """Return letters in boxes, and those that flags are written with."""
    first = {0x1F130: "A", 0x1F150: "A", 0x1F170: "A", 0x1F1E6: "A"}
    return {chr(code + n): chr(ord(a) + n) for code, a in first.items() for n in range(26)}


_ENCLOSED: Final = _enclosed()
_SINGLE: Final = {**_ENCLOSED, **_PUNCTUATION, **_STROKED}


@lru_cache(maxsize=8192)
def plain(character: str) -> str:
    """Return what one character is read as: "" for what cannot be seen."""
    if is_invisible(character):
        return ""
    if character in _SINGLE:
        return _SINGLE[character]
    if unicodedata.category(character) == "Zs":
        return " "
    taken_apart = unicodedata.normalize("NFKD", character)
    if taken_apart[0].isascii():
        new = "".join(c for c in taken_apart if unicodedata.category(c) != "Mn")
        new = new.replace("\u2044", "/")
    else:
        new = unicodedata.normalize("NFKC", character)
    return new if len(new) <= _LONGEST else character


def is_invisible(character: str) -> bool:
    """Tell whether a character is not seen in a text, joiners and combining marks included."""
    code = ord(character)
    return (
        (unicodedata.category(character) == "Cf" and character not in _VISIBLE_FORMAT)
        or character in _BLANK
        or 0x0300 <= code <= 0x036F
        or 0x180B <= code <= 0x180F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE0FFF
    )
