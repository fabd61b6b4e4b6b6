"""Embedded data said in a few words: a view never carries the bytes of an image.

Nor does it show an image from elsewhere, which would tell that host who reads the notebook.
"""

from __future__ import annotations

import re
from typing import Any

from llmops_magics.views.block import plain
from llmops_magics.views.markup import abbreviate

_URL_CHARACTERS = 300
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)((?:;[\w=.+-]+)*;base64),([A-Za-z0-9+/=_-]{40,})")


def image_words(url: str) -> str:
    """Return the address of an image, or type and size of one that is embedded."""
    found = _DATA.match(url)
    if found:
        return _words(found)
    if url[:5].lower() == "data:":
        return f"{url[5:].partition(',')[0] or 'data'}, {len(url):,} characters"
    return abbreviate(url, _URL_CHARACTERS)


def without_data(text: str) -> str:
    """Put type and size in the place of every embedded file in a text."""
    if "data:" not in text:
        return text
    return _DATA.sub(lambda found: f"⟨{_words(found)}⟩", text)


def plain_value(value: Any) -> str:
    """Show any value in one text, embedded files by type and size."""
    return without_data(plain(value))


def size(count: int) -> str:
    """Show a number of bytes: ``812 B``, ``12 kB``, ``3.4 MB``."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 999_500 else f"{count / 1e6:.1f} MB"


def _words(found: re.Match[str]) -> str:
    encoded = found[3].rstrip("=")
    return f"{found[1]}, {size(len(encoded) * 3 // 4)}"
