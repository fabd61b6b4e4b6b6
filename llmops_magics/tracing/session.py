"""Which session and which user the spans of a block belong to, and how the block is tagged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from llmops_magics.errors import UsageError
from llmops_magics.tracing import semconv

MAX_CHARS = 200
_TAG = re.compile(r"[A-Za-z][\w.-]{0,79}", re.ASCII)
_NOT_TAGS = ("gen_ai.", "llmops.", "session.", "user.", "error.")  # what spans say themselves
_CURRENT: ContextVar[Mapping[str, str] | None] = ContextVar("llmops_session", default=None)


@contextmanager
def session(
    session_id: str = "", *, user: str = "", tags: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Put a session, a user and tags on every span that begins inside the block.

    The conventions call a conversation ``gen_ai.conversation.id``; backends group by that or by
    ``session.id``, so both are written. A tag is an attribute of its own name, which the rules of a
    router may look at. Blocks nest: what the inner one does not name stays.
    """
    texts = {"session": session_id, "user": user}
    for name, value in (*texts.items(), *_checked(tags or {}).items()):
        if not isinstance(value, str) or len(value) > MAX_CHARS:
            raise UsageError(f"The {name} is a text of at most {MAX_CHARS} characters.")
    own = dict(tags or {})
    if user:
        own[semconv.USER_ID] = user
    if session_id:
        own |= {semconv.SESSION_ID: session_id, semconv.CONVERSATION_ID: session_id}
    token = _CURRENT.set({**(_CURRENT.get() or {}), **own})
    try:
        yield
    finally:
        _CURRENT.reset(token)


def _checked(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags by what an error calls them; raises ``UsageError`` for a name that is none.

    Tags stand beside what spans say of themselves, and must not be taken for it.
    """
    for name in tags:
        if not isinstance(name, str) or not _TAG.fullmatch(name) or name.startswith(_NOT_TAGS):
            raise UsageError(
                f"A tag cannot be called {str(name)[:80]!r}.",
                hint="Use letters, digits, '.', '_' and '-', and none of the beginnings "
                f"{', '.join(_NOT_TAGS)}",
            )
    return {f"tag {name}": value for name, value in tags.items()}


def session_attributes() -> Mapping[str, str] | None:
    """Return what the blocks around say, None outside of any."""
    return _CURRENT.get()


def set_attributes(attributes: Mapping[str, str] | None) -> None:
    """Take over what the blocks of another thread say."""
    _CURRENT.set(attributes)
