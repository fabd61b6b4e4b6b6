"""Whether text that nobody vouches for has entered a conversation.

What came from a corpus or a tool may hold instructions, and no detector finds them all. So once it
is there, a tool that changes something waits for a person. The mark is never taken off; a new
conversation begins without one::

    with conversation():
        ...

Outside of such a block the whole process is one conversation. What is marked where no block can be
seen (a thread of its own) marks every conversation that is open, and who asks from there hears of
all of them: better once too often.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

MOST_SOURCES: Final = 20


class Conversation:
    """What one model and its tools know of: ``sources`` name where untrusted text came from."""

    def __init__(self) -> None:
        self._sources: dict[str, None] = {}

    @property
    def is_tainted(self) -> bool:
        """Whether any untrusted text has entered it."""
        return bool(self._sources)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it came from, the first ones first."""
        return tuple(self._sources)

    def mark(self, source: str) -> None:
        """Take note of untrusted text; of many sources the first are kept."""
        if len(self._sources) < MOST_SOURCES:
            self._sources[source[:200]] = None


_PROCESS: Final = Conversation()
_CURRENT: ContextVar[Conversation | None] = ContextVar("llmops_conversation", default=None)
_OPEN: list[Conversation] = []
_LOCK = threading.Lock()


@contextmanager
def conversation() -> Iterator[Conversation]:
    """Begin a conversation that has seen nothing yet, for a block and the tasks it starts."""
    begun = Conversation()
    with _LOCK:
        _OPEN.append(begun)
    token = _CURRENT.set(begun)
    try:
        yield begun
    finally:
        _CURRENT.reset(token)
        with _LOCK:
            _OPEN[:] = [each for each in _OPEN if each is not begun]


def current_conversation() -> Conversation:
    """Return the conversation of the block around, else that of the process.

    Where a block is open elsewhere, this may be a thread of its: what entered there counts here.
    """
    own = _CURRENT.get()
    if own is not None:
        return own
    with _LOCK:
        marked = [each for each in _OPEN if each.is_tainted]
    if not marked:
        return _PROCESS
    seen = Conversation()
    for source in dict.fromkeys(s for each in (_PROCESS, *marked) for s in each.sources):
        seen.mark(source)
    return seen


def mark_untrusted(source: str) -> None:
    """Note that untrusted text has entered the conversation that is under way."""
    own = _CURRENT.get()
    for each in [own] if own is not None else [_PROCESS, *_OPEN]:
        each.mark(source)
