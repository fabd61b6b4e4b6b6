"""An immutable prompt version, and the difference between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from llmops_magics.record import Record


@dataclass(frozen=True, kw_only=True)
class Message:
    """One templated message: a role and a Jinja2 source."""

    role: str  # system, user or assistant
    content: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs: ``field`` is a message, a setting, the model or a variable."""

    field: str  # e.g. "system", "user", "settings.temperature", "model", "variables"
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class PromptDiff(Record):
    """What changed from one version to another; no changes means the same content."""

    kind: ClassVar[str] = "prompt-diff"

    before: str  # name@number, "" for the first version
    after: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PromptVersion(Record):
    """What ``name@number`` means, for ever.

    ``digest`` is taken of the name-free content: messages, model and settings. ``variables`` are
    the names the template reads, sorted.
    """

    kind: ClassVar[str] = "prompt-version"

    name: str
    number: int
    digest: str
    messages: tuple[Message, ...]
    model: str  # "" means the workspace's default
    settings: dict[str, Any]
    description: str
    variables: tuple[str, ...]
    message: str  # why, as a commit message
    author: str
    created_at: str
    source: str
    labels: tuple[str, ...] = ()
    is_new: bool = field(default=False)  # whether this call registered it
    diff: PromptDiff | None = None  # against the version before, where the caller asked for it

    @property
    def ref(self) -> str:
        """The reference that always means this version: ``name@number``."""
        return f"{self.name}@{self.number}"
