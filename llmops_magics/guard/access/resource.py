"""What is acted on, and which actions there are: ``prompt:support/answer``, ``tool:send_mail``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from llmops_magics.errors import UsageError

WORKSPACE: Final = "workspace"
# The kinds of resources, with their types in Cedar.
KINDS: Final = {
    "prompt": "Prompt",
    "environment": "Environment",
    "tool": "Tool",
    "document": "Document",
    "boundary": "Boundary",
    WORKSPACE: "Workspace",
}
# The actions, with the kinds each is done to; the first one is meant where none is written.
ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "edit_prompt": ("prompt",),
    "label_prompt": ("prompt",),
    "approve": ("prompt", "environment"),
    "release": ("environment",),
    "read_document": ("document",),
    "call_tool": ("tool",),
    "run_redteam": ("prompt", WORKSPACE),
    "restore_redacted": (WORKSPACE,),
    "edit_policy": (WORKSPACE,),
    "answer_pending": ("tool", "boundary"),
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Something that is acted on, with what is known of it.

    ``author`` made the change that is to be approved, "" if nobody knows. ``groups`` are those
    that may read a document of ``corpus``.
    """

    kind: str
    name: str
    author: str = ""
    corpus: str = ""
    groups: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name if self.kind == self.name else f"{self.kind}:{self.name}"


def check_action(action: str) -> tuple[str, ...]:
    """Return the kinds that an action is done to; raises ``UsageError`` for one there is not."""
    if action not in ACTIONS:
        close = get_close_matches(action, ACTIONS, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no action {action!r}.", hint=f"{meant}There are: {', '.join(ACTIONS)}."
        )
    return ACTIONS[action]


def read_resource(action: str, written: str) -> Resource:
    """Read ``KIND:NAME`` or ``NAME`` as what an action is done to; ``workspace`` is the workspace.

    Raises ``UsageError`` for a kind that the action is not done to.
    """
    kinds = check_action(action)
    kind, colon, name = written.partition(":")
    if not colon or kind not in KINDS:
        kind, name = (WORKSPACE, WORKSPACE) if written == WORKSPACE else (kinds[0], written)
    if kind == WORKSPACE:
        name = WORKSPACE
    resource = Resource(kind=kind, name=name)
    check_kind(action, resource)
    return resource


def check_kind(action: str, resource: Resource) -> None:
    """Raise ``UsageError`` for a resource that the action is not done to, or without a name."""
    kinds = check_action(action)
    if resource.kind not in kinds:
        raise UsageError(
            f"{action} is not done to a {resource.kind}.",
            hint=f"It is done to: {', '.join(kinds)}.",
        )
    if not resource.name:
        raise UsageError(f"{action} needs the name of a {resource.kind}.")
