"""The part of the widgets that runs in the browser: plain modules and one style sheet.

They are read from the package and sent by the kernel: nothing is fetched from elsewhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def script(name: str) -> str:
    """Return one widget's module: what all share, and its own part."""
    return "\n".join(_read(f"{each}.js") for each in ("shared", name))


@cache
def sheet() -> str:
    """Return the style sheet of all widgets."""
    return _read("style.css")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
