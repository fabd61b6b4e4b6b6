"""Which session and which user the spans of a block belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from llmops_magics.errors import UsageError
from llmops_magics.tracing import semconv

MAX_CHARS = 200
_CURRENT: ContextVar[Mapping[str, str] | None] = ContextVar("llmops_session", default=None)


@contextmanager
def session(session_id: str = "", *, user: str = "") -> Iterator[None]:
    """Put a session and a user on every span that begins inside the block.

    The conventions call a conversation ``gen_ai.conversation.id``; backends group by that or by
    ``session.id``, so both are written. Blocks nest: what the inner one does not name stays.
    """
    for name, value in (("session", session_id), ("user", user)):
        if not isinstance(value, str) or len(value) > MAX_CHARS:
            raise UsageError(f"The {name} is a text of at most {MAX_CHARS} characters.")
    own = {semconv.USER_ID: user} if user else {}
    if session_id:
        own |= {semconv.SESSION_ID: session_id, semconv.CONVERSATION_ID: session_id}
    token = _CURRENT.set({**(_CURRENT.get() or {}), **own})
    try:
        yield
    finally:
        _CURRENT.reset(token)


def session_attributes() -> Mapping[str, str] | None:
    """Return what the blocks around say, None outside of any."""
    return _CURRENT.get()


def set_attributes(attributes: Mapping[str, str] | None) -> None:
    """Take over what the blocks of another thread say."""
    _CURRENT.set(attributes)
