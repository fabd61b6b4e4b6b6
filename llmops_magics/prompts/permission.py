"""Who may write prompts and move labels: asked before a change, by what the layers above decide.

The registry says what is about to happen; whether it may, and that a refusal is recorded, is
decided above. A refusal undoes the transaction it comes up in, so it is recorded after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from llmops_magics.errors import AccessDeniedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store


class Permission(Protocol):
    """Decides who may do what to a prompt."""

    def check(self, action: str, prompt: str, *, label: str = "", author: str = "") -> None:
        """Raise ``AccessDeniedError`` where the actor may not; nothing is written.

        ``action`` is ``edit_prompt`` or ``label_prompt``, ``author`` whose version is labelled.
        """
        ...

    def record(self, refusal: AccessDeniedError) -> None:
        """Keep a refusal; no transaction is open."""
        ...


class Unasked:
    """Permits everything: a store that is used without a workspace has no policies."""

    def check(self, action: str, prompt: str, *, label: str = "", author: str = "") -> None:
        """Permit it."""

    def record(self, refusal: AccessDeniedError) -> None:
        """Keep nothing: there is no refusal."""


@contextmanager
def changing(store: Store, prompt: str, permission: Permission) -> Iterator[Connection]:
    """Open the write transaction of one prompt; a refusal in it is recorded once it is undone."""
    with _recorded(permission), store.write(lock=f"prompt {prompt}") as connection:
        yield connection


def ask(
    permission: Permission, action: str, prompt: str, *, label: str = "", author: str = ""
) -> None:
    """Ask before a transaction begins; a refusal is recorded and raised."""
    with _recorded(permission):
        permission.check(action, prompt, label=label, author=author)


@contextmanager
def _recorded(permission: Permission) -> Iterator[None]:
    try:
        yield
    except AccessDeniedError as refusal:
        permission.record(refusal)
        raise
