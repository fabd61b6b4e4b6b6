"""Where Jinja's tags stand in a text, found in linear time.

A lazy pattern such as ``{{.*?}}`` looks through the rest of the text at each opening that nothing
closes, so its time grows with the square of the length. Here each kind of closing that is not to
be found is looked for once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"\{[{%#]")
_CLOSINGS = {"{{": "}}", "{%": "%}", "{#": "#}"}


def jinja_tags(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each expression, statement and comment begins and ends, in order.

    A tag ends at the first closing of its kind, as ``{{.*?}}`` would have it: quoted braces are
    not told apart. An opening that nothing closes is text.
    """
    absent: set[str] = set()
    opening = _OPENING.search(text)
    while opening:
        closing = _CLOSINGS[opening[0]]
        end = -1 if closing in absent else text.find(closing, opening.end())
        if end < 0:
            absent.add(closing)
            following = opening.start() + 1
        else:
            following = end + len(closing)
            yield opening.start(), following
        opening = _OPENING.search(text, following)
