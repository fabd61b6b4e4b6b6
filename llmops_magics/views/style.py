"""The few inline styles of every view.

No class and no sheet of ours survives an untrusted notebook, and no colour suits both a white and
a black page; so every colour is a tint over the page's own, and text keeps the page's colour.
Every declaration here passes JupyterLab's sanitiser. Where a host drops styles altogether
(GitHub), order and words alone must still read well: nothing is said by colour only, and parts
of a line stand apart by text.
"""

from __future__ import annotations

# Every property that views use: what a sanitiser must let through to keep their look.
PROPERTIES = frozenset(
    {"background-color", "border-bottom", "border-collapse", "border-left", "border-radius"}
    | {"caption-side", "cursor", "font-family", "font-size", "font-variant-numeric"}
    | {"font-weight", "height", "letter-spacing", "line-height", "margin", "margin-left"}
    | {"max-width", "min-width", "opacity", "overflow-x", "padding", "padding-left"}
    | {"padding-right", "table-layout", "text-align", "text-decoration", "vertical-align"}
    | {"white-space", "width", "word-wrap"}
)

GREEN = "34,160,90"
RED = "222,60,60"
AMBER = "214,140,0"
BLUE = "66,120,225"
GREY = "128,128,128"


def tint(colour: str, opacity: float) -> str:
    """Return a colour that shows on a light and on a dark page."""
    return f"rgba({colour},{opacity})"


LINE = f"1px solid {tint(GREY, 0.25)}"

OUTER = "font-size:13px;line-height:1.45;text-align:left;margin:2px 0 6px 0"
HEADING = "font-size:15px;margin:0 0 2px 0"
SUBLINE = "font-size:12px;opacity:0.75;margin:0 0 6px 0"
MUTED = "opacity:0.7"
SMALL = "font-size:11.5px;font-weight:normal;opacity:0.75"
SECTION = "margin:8px 0 0 0"

SCROLL = "overflow-x:auto;margin:8px 0 4px 0"
TABLE = "border-collapse:collapse;table-layout:auto;font-size:12.5px;margin:0"
WIDE_TABLE = TABLE + ";width:100%"
CAPTION = "caption-side:top;text-align:left;font-size:12px;opacity:0.75;padding:0 0 3px 0"
HEAD_ROW = f"background-color:transparent;border-bottom:1px solid {tint(GREY, 0.5)}"
ROW = f"background-color:transparent;border-bottom:{LINE}"

_CELL = "vertical-align:top;line-height:1.4;padding:4px 10px 4px 0"
CELL = f"{_CELL};text-align:left"
NUMBER = (
    f"{_CELL};padding-right:14px;text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums"
)
HEAD = f"{_CELL};text-align:left;vertical-align:bottom;font-weight:600;font-size:12px"
HEAD_NUMBER = HEAD.replace("text-align:left", "padding-right:14px;text-align:right")
HEAD_MARKED = f"{HEAD};padding-left:11px"
ROW_HEAD = f"{_CELL};text-align:left;font-weight:600;white-space:nowrap"

PROSE = "white-space:pre-wrap;word-wrap:break-word;max-width:28em;min-width:11em"
ANSWER = "min-width:17em"
BLOCK = (
    "white-space:pre-wrap;word-wrap:break-word;font-family:monospace;font-size:12px;"
    "line-height:1.5;margin:2px 0 6px 0;padding:6px 10px;border-radius:4px;"
    f"background-color:{tint(GREY, 0.1)}"
)
SUMMARY = "cursor:pointer"
JINJA = f"font-weight:600;border-radius:3px;background-color:{tint(BLUE, 0.2)}"
INSERTED = f"text-decoration:underline;background-color:{tint(GREEN, 0.25)}"
DELETED = f"text-decoration:line-through;background-color:{tint(RED, 0.22)}"


def badge(colour: str) -> str:
    """Style of a short word on a tint."""
    return (
        "font-size:11.5px;font-weight:600;white-space:nowrap;padding:1px 6px;border-radius:9px;"
        f"background-color:{tint(colour, 0.2)}"
    )


def banner(colour: str) -> str:
    """Style of the block that holds a verdict."""
    return (
        f"border-left:6px solid {tint(colour, 0.9)};background-color:{tint(colour, 0.13)};"
        "border-radius:4px;padding:8px 14px;margin:0 0 8px 0"
    )


def first_cell(colour: str) -> str:
    """Style of a row's first cell, marked with a colour."""
    return f"{_CELL};text-align:left;padding-left:8px;border-left:3px solid {tint(colour, 0.85)}"
