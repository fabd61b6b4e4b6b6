"""How the difference between two texts looks: side by side, unified, or in the running text.

A changed line is told by a sign, a changed word by underlining or striking through, so neither
rests on colour. What is not shown is counted where it would stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import style
from llmops_magics.views.block import MAX_ROWS, fold
from llmops_magics.views.format import plural
from llmops_magics.views.lines import LineDifference, Row, shown_rows
from llmops_magics.views.markup import Markup, cut, element, join
from llmops_magics.views.words import (
    CAME,
    LEFT_OUT,
    LONG_LINE_CHARACTERS,
    SAME,
    WENT,
    Piece,
    shortened,
    side,
    text_pieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmops_magics.views.alignment import Stretch

MAX_UNIFIED_LINES = 4_000
_CONTEXTS = (3, 1, 0)  # lines around a change, fewer where there are many changes
_MINUS = "\N{MINUS SIGN}"
_LOOKS = {WENT: style.DELETED, CAME: style.INSERTED}


def word_difference(before: str, after: str) -> Markup:
    """Show one text with what went struck through and what came underlined."""
    return element("pre", words(before, after), dir="auto", style=style.BLOCK)


def words(before: str, after: str, *, only: str = "") -> Markup:
    """Return what ``word_difference`` shows, without its frame; ``only`` keeps WENT or CAME."""
    pieces = text_pieces(before, after)
    return _marked(shortened(side(pieces, only) if only else pieces))


def side_by_side(
    caption: str, heads: tuple[str, str], difference: LineDifference
) -> tuple[Markup, int]:
    """Show two texts in one table headed by ``caption``, changed lines beside one another.

    Returns the table of at most ``MAX_ROWS`` rows, and how many changed lines it leaves out.
    """
    shown = _fitting(difference)
    kept, rest = shown[:MAX_ROWS], shown[MAX_ROWS:]
    table = element(
        "table",
        element("caption", caption, style=style.PART_CAPTION),
        element("thead", element("tr", *_heads(heads), style=style.HEAD_ROW)),
        element("tbody", *(_row(row, difference) for row in kept)),
        style=style.DIFF_TABLE,
    )
    left_out = sum(not isinstance(row, int) and not row.same for row in rest)
    return element("div", table, style=style.SCROLL), left_out


def unified_view(difference: LineDifference, *, context: int = 3) -> Markup:
    """Fold the line-by-line difference, in the usual notation."""
    shown = join(_tinted(_unified(difference, context)), "\n")
    return fold("line by line", element("pre", shown, dir="auto", style=style.BLOCK))


def unified_text(difference: LineDifference, *, context: int = 1) -> str:
    """Return the line-by-line difference without a file header."""
    return "\n".join(_unified(difference, context))


def _fitting(difference: LineDifference) -> list[Row | int]:
    """Return rows, and counts of hidden ones, with as much context as the table has room for."""
    for context in _CONTEXTS:
        shown = list(shown_rows(difference.rows, context))
        if len(shown) <= MAX_ROWS:
            return shown
    return [row for row in shown if not isinstance(row, int)]  # line numbers tell of the gaps


def _heads(heads: tuple[str, str]) -> Iterator[Markup]:
    for title in heads:
        yield element("th", "line", scope="col", style=style.LINE_NUMBER_HEAD)
        yield element("th", title, scope="col", style=style.DIFF_HEAD)


def _row(row: Row | int, difference: LineDifference) -> Markup:
    if isinstance(row, int):
        hidden = element(
            "td", f"⋯ {plural(row, 'unchanged line')}", colspan=4, style=style.UNCHANGED
        )
        return element("tr", hidden, style=style.DIFF_ROW)
    old, new = row.old, row.new
    left = right = None
    if row.same and old is not None:
        left = right = [Piece(SAME, cut(difference.old[old], LONG_LINE_CHARACTERS))]
    elif old is not None and new is not None:
        pieces = difference.pieces(old, new)
        left, right = side(pieces, WENT), side(pieces, CAME)
    else:
        left = None if old is None else [Piece(SAME, difference.old[old])]
        right = None if new is None else [Piece(SAME, difference.new[new])]
    return element(
        "tr",
        *_cells(old, left, "" if row.same else _MINUS),
        *_cells(new, right, "" if row.same else "+"),
        style=style.DIFF_ROW,
    )


def _cells(index: int | None, pieces: list[Piece] | None, sign: str) -> tuple[Markup, Markup]:
    if index is None or pieces is None:
        return _NO_LINE
    look = {_MINUS: style.LINE_WENT, "+": style.LINE_CAME}.get(sign, style.LINE)
    number = f"{index + 1} {sign}" if sign else f"{index + 1}"
    return (
        element("td", number, style=style.LINE_NUMBER),
        element("td", _marked(shortened(pieces)), dir="auto", style=look),
    )


_NO_LINE = (
    element("td", style=style.LINE_NUMBER),
    element("td", style=style.NO_LINE),
)


def _marked(pieces: Iterable[Piece]) -> Markup:
    return join([_piece(piece) for piece in pieces])


def _piece(piece: Piece) -> str:
    if piece.mark == LEFT_OUT:
        return element("em", piece.text, style=style.LEFT_OUT)
    if piece.mark == SAME:
        return piece.text
    return element(piece.mark, piece.text, style=_LOOKS[piece.mark])


def _unified(difference: LineDifference, context: int) -> list[str]:
    lines: list[str] = []
    for hunk in difference.hunks(context):
        lines.append(_hunk_head(hunk))
        for stretch in hunk:
            lines += _hunk_lines(difference, stretch)
    rest = len(lines) - MAX_UNIFIED_LINES
    if rest > 0:
        lines[MAX_UNIFIED_LINES:] = [f"… and {plural(rest, 'more line')} in the record"]
    return lines


def _hunk_head(hunk: list[Stretch]) -> str:
    first, last = hunk[0], hunk[-1]
    return f"@@ -{_span(first.a, last.b)} +{_span(first.c, last.d)} @@"


def _span(start: int, end: int) -> str:
    size = end - start
    if size == 1:
        return f"{start + 1}"
    return f"{start + 1 if size else start},{size}"


def _hunk_lines(difference: LineDifference, stretch: Stretch) -> Iterator[str]:
    same, a, b, c, d = stretch
    old, new = difference.old, difference.new
    if same:
        yield from (f" {cut(line, LONG_LINE_CHARACTERS)}" for line in old[a:b])
        return
    beside = c - a if b - a == d - c else None  # the lines that changed, one for one
    for i in range(a, b):
        yield "-" + _line(difference, i, None if beside is None else i + beside, old[i], WENT)
    for j in range(c, d):
        yield "+" + _line(difference, None if beside is None else j - beside, j, new[j], CAME)


def _line(difference: LineDifference, i: int | None, j: int | None, line: str, mark: str) -> str:
    """Return a changed line, a long one with what changed in it and the words around that."""
    if len(line) <= LONG_LINE_CHARACTERS:
        return line
    pieces = [Piece(mark, line)]
    if i is not None and j is not None:
        pieces = side(difference.pieces(i, j), mark)
    return "".join(piece.text for piece in shortened(pieces))


def _tinted(lines: list[str]) -> Iterator[str]:
    """Put each run of lines that went or came into one tinted span."""
    run: list[str] = []
    for line in [*lines, ""]:
        if run and (not line or line[0] != run[0][0]):
            colour = {"+": style.GREEN, "-": style.RED}.get(run[0][0])
            text = "\n".join(run)
            look = f"background-color:{style.tint(colour, 0.18)}" if colour else ""
            yield element("span", text, style=look) if colour else text
            run = []
        run.append(line)
