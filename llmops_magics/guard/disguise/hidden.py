"""Text that is written in characters nobody sees: a model reads it all the same."""

from __future__ import annotations

import re
from typing import Final

from llmops_magics.guard.disguise.view import Edit, TextView, replaced, rewritten

# U+E0020 to U+E007E are the printable ASCII characters, unseen. Three flags are written with them.
_TAGS: Final = re.compile(
    r"(?<![\U0001F3F4\U000E0001-\U000E007F])[\U000E0001-\U000E007F]{2,}"
    r"|(?<=\U0001F3F4)[\U000E0001-\U000E007F]{8,}"
)
_SELECTORS: Final = re.compile(r"[\uFE00-\uFE0F\U000E0100-\U000E01EF]{4,}")
_BITS: Final = re.compile(r"[\u200B-\u200D\u2060-\u2064\uFEFF]{24,}")
_TAG_TEXT: Final = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)} | {
    0xE0000 + code: None for code in (*range(0x20), 0x7F)
}


def hidden(view: TextView) -> list[TextView]:
    """Return what is written in tag characters, in variation selectors and in zero-width bits."""
    if view.text.isascii():
        return []
    found = [
        rewritten(view, edits, name, margin=0)
        for name, edits in (
            ("tag characters", _tags(view.text)),
            ("variation selectors", _selectors(view.text)),
            ("zero-width bits", _bits(view.text)),
        )
        if edits
    ]
    return [each for each in found if each.text.strip()]


def _tags(text: str) -> list[Edit]:
    return list(replaced(_TAGS, text, _TAG_TEXT))


def _selectors(text: str) -> list[Edit]:
    """Each of the 256 selectors stands for a byte, in the order of their numbers."""
    edits = []
    for match in _SELECTORS.finditer(text):
        raw = bytes(
            ord(c) - 0xFE00 if c < "\U000e0100" else ord(c) - 0xE0100 + 16 for c in match.group()
        )
        new = raw.decode("utf-8", "replace")
        if new.isprintable() or any(c.isalpha() for c in new):
            edits.append(Edit(match.start(), match.end(), new))
    return edits


def _bits(text: str) -> list[Edit]:
    """Two invisible characters, one for 0 and one for 1, eight of them a letter."""
    edits = []
    for match in _BITS.finditer(text):
        run = match.group()
        kinds = sorted(set(run))
        if len(kinds) != 2:
            continue
        for zero, one in (kinds, kinds[::-1]):
            bits = run.translate({ord(zero): "0", ord(one): "1"})
            raw = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))
            if raw.isascii() and raw.decode().isprintable():
                edits.append(Edit(match.start(), match.end(), raw.decode()))
                break
    return edits
