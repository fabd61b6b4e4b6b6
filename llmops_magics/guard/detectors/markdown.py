"""Which parts of an answer are shown as code: they are read, not rendered."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

_FENCE: Final = re.compile(r"[ \t]{0,9}(?:[-*>] ){0,3}(`{3,}|~{3,})([^\n]*)")
_INLINE: Final = re.compile(r"(?<!`)`(?!`)[^`\n]{1,1000}`(?!`)|(?<!`)``(?!`)[^\n`]{1,1000}``(?!`)")


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return the fenced blocks and the inline code of a Markdown text, in order.

    A block that is never closed goes to the end, as it does when it is shown.
    """
    if "`" not in text and "~~~" not in text:
        return []
    spans: list[tuple[int, int]] = []
    begin, fence, position = -1, "", 0
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line)
        if fence:
            if match and match.group(1).startswith(fence) and not match.group(2).strip():
                spans.append((begin, position + len(line)))
                fence = ""
        elif match and "`" not in match.group(2):
            begin, fence = position, match.group(1)
        else:
            spans += [(position + m.start(), position + m.end()) for m in _INLINE.finditer(line)]
        position += len(line)
    return [*spans, (begin, len(text))] if fence else spans


def is_inside(spans: Sequence[tuple[int, int]], place: int) -> bool:
    """Tell whether a place is inside one of these spans, which are in order and apart."""
    number = bisect_right(spans, (place, float("inf"))) - 1
    return number >= 0 and place < spans[number][1]
