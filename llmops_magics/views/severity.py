"""How bad a finding is, said by a word and a mark before it is said by a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style

if TYPE_CHECKING:
    from llmops_magics.views.markup import Markup

_MARKS = {"critical": "‼", "high": "!", "medium": "▲", "low": "·"}
_COLOURS = {
    "critical": style.RED,
    "high": style.RED,
    "medium": style.AMBER,
    "low": style.GREY,
}


def severity_words(severity: str) -> str:
    """Return a severity with its mark."""
    return f"{_MARKS.get(severity, '?')} {severity}"


def severity_colour(severity: str) -> str:
    """Return the tint of a severity."""
    return _COLOURS.get(severity, style.AMBER)


def severity_badge(severity: str) -> Markup:
    """Put a severity on its tint."""
    return block.badge(severity_words(severity), severity_colour(severity))
