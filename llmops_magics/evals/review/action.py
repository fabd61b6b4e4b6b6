"""What a reviewer does to one sample of a run: a small, closed set of actions.

An action is written once and never changed. Taking one back is an action too (``undo``), so the
history says who thought what, and when. ``body`` holds, by the action:

=========  ==============================================================================
agree      ``scorer``, and the ``value`` it gave
wrong      ``scorer``, the ``value`` it gave, and ``right``: what the reviewer says instead
expect     ``expected``: what the case should have expected
note       ``text``
add        ``dataset``: the version (``name@4``) that the case was added to
skip       nothing
undo       ``undoes``: the id of the action taken back
=========  ==============================================================================

``masked`` stands beside them where something sensitive in a text was masked before it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AGREE, WRONG, EXPECT, NOTE, ADD, SKIP, UNDO = (
    "agree",
    "wrong",
    "expect",
    "note",
    "add",
    "skip",
    "undo",
)
ACTIONS = frozenset({AGREE, WRONG, EXPECT, NOTE, ADD, SKIP, UNDO})
SampleKey = tuple[str, int]  # case id and repeat


@dataclass(frozen=True, kw_only=True)
class ReviewAction:
    """One action; ``id`` is its place in the history of the store."""

    id: int
    run_id: str
    case_id: str
    repeat: int
    action: str
    body: dict[str, Any]
    actor: str
    at: str

    @property
    def key(self) -> SampleKey:
        """The sample that it is about."""
        return self.case_id, self.repeat
