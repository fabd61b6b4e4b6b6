"""HTML that cannot be injected into, because only this module writes angle brackets.

``element`` takes its tag and attributes from a closed vocabulary and escapes every text it is
given; only a ``Markup``, which this module alone makes, passes as it is. There is no way to write
a link, an image from elsewhere, a script, a style sheet or an event handler. Adding a string to a
``Markup`` gives a plain string, which is escaped again: a mistake shows, it never runs.

Characters that a reader cannot see (control characters, direction overrides, zero widths, tags,
lone surrogates) are replaced by a visible name, so that shown text is the text that was there.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

TAGS = frozenset(
    {"b", "caption", "code", "del", "details", "div", "em", "ins", "li", "pre", "span", "strong"}
    | {"summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
ATTRIBUTES = frozenset({"class", "colspan", "dir", "open", "scope", "style", "title"})

# However long a text is, so much of it stands in one place; and so much in a tooltip.
MAX_TEXT_CHARACTERS = 20_000
MAX_ATTRIBUTE_CHARACTERS = 2_000

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Both names, for MathJax 2 and 3: without them "$1 or $2" is typeset as a formula.
NO_FORMULA = "tex2jax_ignore mathjax_ignore"

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    # A zero-width joiner belongs to an emoji and is hidden anywhere else.
    "|(?<![\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])\u200d"
)
_SPECIAL = re.compile("\r\n|" + _HIDDEN.pattern)


class Markup(str):
    """HTML that is safe to show as it is."""

    __slots__ = ()


def visible(value: str) -> str:
    """Replace every character that cannot be seen by its name, for plain text."""
    return _SPECIAL.sub(lambda match: _name(match.group()), value)


def text(value: str) -> Markup:
    """Escape text for an element's content; hidden characters are named and tinted."""
    if isinstance(value, Markup):
        return value
    value = cut(value, MAX_TEXT_CHARACTERS)
    if value.isascii() and value.isprintable():  # most texts, and nothing in them is hidden
        return Markup(escape(value))
    parts, end = [], 0
    for match in _SPECIAL.finditer(value):
        name = _name(match.group())
        parts.append(escape(value[end : match.start()]))
        parts.append("\n" if name == "\n" else _HIDDEN_SPAN.format(escape(name)))
        end = match.end()
    return Markup("".join(parts) + escape(value[end:]))


_HIDDEN_SPAN = '<span style="background-color:rgba(215,140,0,0.25)">{}</span>'


def element(tag: str, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """Build one element. A child that is not Markup is escaped; None and False say nothing."""
    if tag not in TAGS:
        raise UsageError(f"A view cannot write <{tag}>.", hint=f"Use one of {sorted(TAGS)}.")
    inner = "".join(text(child) for child in children if child is not None)
    return Markup(f"<{tag}{_attributes(attributes)}>{inner}</{tag}>")


def picture(png: bytes, words: str, *, width: int) -> Markup:
    """Show a PNG at most ``width`` pixels wide; ``words`` say the same to who cannot see it."""
    if not png.startswith(PNG_SIGNATURE):
        raise UsageError("A view shows no image but a PNG.")
    source = b64encode(png).decode()
    shown = escape(visible(cut(words, MAX_TEXT_CHARACTERS)), quote=True)
    return Markup(
        f'<img src="data:image/png;base64,{source}" alt="{shown}" width="{int(width)}" '
        'style="max-width:100%" />'
    )


def join(parts: Iterable[str], separator: str = "") -> Markup:
    """Put parts one after another, each escaped unless it is Markup."""
    return Markup(text(separator).join(text(part) for part in parts))


def first_part(markup: Markup, limit: int) -> Markup:
    """Return whole rows and blocks from the beginning of markup, its open elements closed.

    ``limit`` is in characters, of what is cut: a tag is never parted.
    """
    open_tags: list[str] = []
    end, to_close = 0, ""
    for match in _TAG.finditer(markup):
        if match.end() > limit:
            break
        if not match["closes"]:
            if match["tag"] != "img":
                open_tags.append(match["tag"])
        elif open_tags.pop() in _PARTS:
            end, to_close = match.end(), "".join(f"</{tag}>" for tag in reversed(open_tags))
    return Markup(markup[:end] + to_close)


# No text and no attribute holds an angle bracket: both are escaped.
_TAG = re.compile(r"<(?P<closes>/?)(?P<tag>[a-z]+)[^<>]*>")
_PARTS = frozenset({"details", "div", "li", "pre", "table", "tr", "ul"})


def cut(value: str, limit: int) -> str:
    """Return the first ``limit`` characters, and say how many there were beyond them."""
    rest = len(value) - limit
    return value if rest <= 0 else f"{value[:limit]}… and {rest:,} more characters in the record"


def abbreviate(value: str, limit: int) -> str:
    """Return one line of at most ``limit`` characters, white space collapsed."""
    line = " ".join(value[: limit * 4].split())
    short = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    return short if len(value) <= limit * 4 or short.endswith("…") else short + "…"


def _attributes(attributes: dict[str, str | int | bool | None]) -> str:
    written = []
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            raise UsageError(f"A view cannot write the attribute {name}.")
        if value is True:
            written.append(f" {name}")
        elif value is not None and value is not False and value != "":
            words = str(value)[:MAX_ATTRIBUTE_CHARACTERS]
            shown = _style(words) if name == "style" else escape(visible(words))
            written.append(f' {name}="{shown}"')
    return "".join(written)


@lru_cache(maxsize=512)  # nearly every attribute is a style, and those are few
def _style(value: str) -> str:
    return escape(visible(value))


def _name(character: str) -> str:
    if character == "\r\n":
        return "\n"
    code = ord(character)
    if code < 0x20:  # the C0 controls have pictures of their own
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if character == "\x7f" else f"<U+{code:04X}>"
