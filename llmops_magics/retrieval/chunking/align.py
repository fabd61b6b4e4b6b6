"""Find where the pieces that a splitter returned stand, exactly or not at all.

Pieces come in the order of the text and leave out nothing but blanks: each one begins after the
one before has begun, at the latest at the first character that is no blank behind it, and does not
end before it. Of all ways to lay the pieces so, there must be one only (else the places that the
splitter itself gave decide, if they are one of the ways). So a passage that occurs twice cannot be
taken for the other one, as it is when each piece is searched for.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmops_magics.errors import RetrievalError

MOST_WAYS = 1000  # places of one piece: only a text that repeats itself for long has more

Places = list[tuple[int, int]]


def align(
    text: str, pieces: Sequence[str], name: str, hints: Sequence[int] | None = None
) -> Places:
    """Return start and end of each piece; ``hints`` are the starts the splitter gave.

    Raises ``RetrievalError`` where the pieces are no parts of the text, or could stand elsewhere.
    """
    kept = [piece.strip() for piece in pieces if piece.strip()]
    starts = _side_by_side(text, kept) or _only_way(text, kept, name)
    if starts is None and hints is not None:
        given = _of_kept(pieces, hints)
        starts = given if _is_a_way(text, kept, given) else None
    if starts is None:
        raise _refusal(name, "overlap in a text that repeats itself: they could stand elsewhere")
    return [(start, start + len(piece)) for start, piece in zip(starts, kept, strict=True)]


def _side_by_side(text: str, pieces: Sequence[str]) -> list[int] | None:
    """Lay the pieces without overlap; if they then fill the text, no other way is long enough."""
    starts, end = [], 0
    for piece in pieces:
        start = _next_letter(text, end)
        if not text.startswith(piece, start):
            return None
        starts.append(start)
        end = start + len(piece)
    return None if text[end:].strip() else starts


def _only_way(text: str, pieces: Sequence[str], name: str) -> list[int] | None:
    """Return the starts if there is one way to lay the pieces, None for several."""
    levels = _forward(text, pieces, name)
    if levels is None:
        return None
    ways = _backward(text, pieces, levels)
    if any(not way for way in ways):
        raise _refusal(name, "leave out a part of the text, or change it")
    return [way[0] for way in ways] if all(len(way) == 1 for way in ways) else None


def _of_kept(pieces: Sequence[str], hints: Sequence[int]) -> list[int]:
    """Return the starts without the blanks that the pieces begin with."""
    pairs = zip(pieces, hints, strict=True)
    return [start + len(piece) - len(piece.lstrip()) for piece, start in pairs if piece.strip()]


def _forward(text: str, pieces: Sequence[str], name: str) -> list[list[int]] | None:
    """Return for each piece the places that can be reached from the text's beginning.

    None for too many of them.
    """
    levels: list[list[int]] = []
    reachable = [(-1, 0)]  # start and end of the piece before
    for piece in pieces:
        places = sorted(
            {place for start, end in reachable for place in _places(text, piece, start, end)}
        )
        if not places:
            raise _refusal(name, f"do not follow one another in the text (at {piece[:40]!r})")
        if len(places) > MOST_WAYS:
            return None
        levels.append(places)
        reachable = [(place, place + len(piece)) for place in places]
    return levels


def _backward(text: str, pieces: Sequence[str], levels: list[list[int]]) -> list[list[int]]:
    """Keep the places from which the end of the text can be reached."""
    kept: list[list[int]] = []
    for number in reversed(range(len(pieces))):
        piece = pieces[number]
        if not kept:
            last = len(text.rstrip())
            kept.append([place for place in levels[number] if place + len(piece) == last])
            continue
        after, following = kept[-1], pieces[number + 1]
        kept.append(
            [
                place
                for place in levels[number]
                if any(_follows(text, place, piece, later, following) for later in after)
            ]
        )
    return kept[::-1]


def _places(text: str, piece: str, start: int, end: int) -> list[int]:
    """Return where a piece can stand behind one from ``start`` to ``end``."""
    latest = _next_letter(text, end)
    found = []
    place = text.find(piece, max(start + 1, end - len(piece)), latest + len(piece))
    while place != -1:
        found.append(place)
        place = text.find(piece, place + 1, latest + len(piece))
    return found


def _follows(text: str, place: int, piece: str, later: int, following: str) -> bool:
    end = place + len(piece)
    return place < later <= _next_letter(text, end) and later + len(following) >= end


def _next_letter(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _is_a_way(text: str, pieces: Sequence[str], starts: Sequence[int]) -> bool:
    before, end = -1, 0
    for piece, start in zip(pieces, starts, strict=True):
        in_place = before < start <= _next_letter(text, end) and start + len(piece) >= end
        if not in_place or not text.startswith(piece, start):
            return False
        before, end = start, start + len(piece)
    return not text[end:].strip()


def _refusal(name: str, why: str) -> RetrievalError:
    return RetrievalError(
        f"the places of {name}'s chunks cannot be told: they {why}.",
        hint="Use it without overlap, or semchunk, markdown or tokens, which say where they cut.",
    )
