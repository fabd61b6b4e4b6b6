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
PART_CAPTION = "caption-side:top;text-align:left;font-size:13px;padding:4px 0 3px 0"
PART_HEADING = "font-size:13px;margin:12px 0 2px 0"
BANNER_TITLE = "font-size:22px;font-weight:700;letter-spacing:0.5px;line-height:1.3"
ROLE = "font-size:12px;font-weight:600;opacity:0.8;margin:0 0 1px 0"
NESTED = "padding-left:14px"
PART = "white-space:pre-wrap;word-wrap:break-word;margin:0 0 4px 0"
CODE = "white-space:pre-wrap;word-wrap:break-word;font-family:monospace;font-size:12px"

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
TIME = f"{CELL};white-space:nowrap;font-variant-numeric:tabular-nums"
NOTE = "white-space:nowrap;font-size:12px;margin:0 0 1px 0"
NOTE_GROUP = "margin:0 0 5px 0"
NOWRAP = "white-space:nowrap"
ROW_HEAD_WRAPPED = f"{_CELL};text-align:left;font-weight:600"
EXCERPT = "word-wrap:break-word;min-width:16em;max-width:60em"
EFFECT_BAR = f"width:140px;margin:2px 0 0 0;border-radius:2px;background-color:{tint(GREY, 0.12)}"
ZERO_TICK = f"height:3px;margin:0 0 0 50%;border-left:1px solid {tint(GREY, 0.9)}"
HUNK = (
    "white-space:pre-wrap;word-wrap:break-word;font-family:monospace;font-size:12px;"
    "line-height:1.5;min-width:20em;max-width:48em"
)

PROSE = "white-space:pre-wrap;word-wrap:break-word;max-width:28em;min-width:11em"
ANSWER = "min-width:17em"
BLOCK = (
    "white-space:pre-wrap;word-wrap:break-word;font-family:monospace;font-size:12px;"
    "line-height:1.5;margin:2px 0 6px 0;padding:6px 10px;border-radius:4px;"
    f"background-color:{tint(GREY, 0.1)}"
)
BLOCK_CAME = f"{BLOCK};border-left:3px solid {tint(GREEN, 0.85)}"
BLOCK_WENT = f"{BLOCK};border-left:3px solid {tint(RED, 0.85)}"
VALUE = (
    "white-space:pre-wrap;word-wrap:break-word;font-family:monospace;font-size:12px;"
    "max-width:34em;min-width:6em"
)
SUMMARY = "cursor:pointer"
JINJA = f"font-weight:600;border-radius:3px;background-color:{tint(BLUE, 0.2)}"
LEFT_OUT = "opacity:0.65;font-size:11.5px"
INSERTED = f"text-decoration:underline;background-color:{tint(GREEN, 0.28)}"
DELETED = f"text-decoration:line-through;background-color:{tint(RED, 0.22)}"
MATCH = f"border-radius:2px;text-decoration:underline;background-color:{tint(AMBER, 0.3)}"

_DIFF_CELL = (
    "vertical-align:top;text-align:left;font-family:monospace;font-size:12px;line-height:1.5;"
    "white-space:pre-wrap;word-wrap:break-word;padding:1px 8px 1px 8px"
)
DIFF_TABLE = "border-collapse:collapse;table-layout:fixed;width:100%;min-width:640px;margin:0"
DIFF_ROW = "background-color:transparent"
DIFF_HEAD = f"{HEAD};padding:4px 8px 4px 8px;word-wrap:break-word"
LINE_NUMBER = (
    "vertical-align:top;text-align:right;font-family:monospace;font-size:11px;line-height:1.6;"
    "opacity:0.75;white-space:nowrap;padding:1px 4px 1px 0;width:52px;"
    "font-variant-numeric:tabular-nums"
)
LINE_NUMBER_HEAD = f"{HEAD};text-align:right;padding:4px 4px 4px 0;width:52px"
LINE = _DIFF_CELL
LINE_WENT = f"{_DIFF_CELL};background-color:{tint(RED, 0.1)}"
LINE_CAME = f"{_DIFF_CELL};background-color:{tint(GREEN, 0.1)}"
NO_LINE = f"{_DIFF_CELL};background-color:{tint(GREY, 0.06)}"
UNCHANGED = f"text-align:center;font-size:11.5px;padding:2px 8px;background-color:{tint(GREY, 0.1)}"


def badge(colour: str) -> str:
    """Style of a short word on a tint."""
    return (
        "font-size:11.5px;font-weight:600;white-space:nowrap;padding:1px 6px;border-radius:9px;"
        f"background-color:{tint(colour, 0.2)}"
    )


def message(colour: str) -> str:
    """Style of one message of a conversation."""
    return (
        f"border-left:4px solid {tint(colour, 0.75)};background-color:{tint(colour, 0.08)};"
        "border-radius:4px;padding:6px 12px;margin:6px 0 6px 0;max-width:62em;"
        "white-space:pre-wrap;word-wrap:break-word"
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
