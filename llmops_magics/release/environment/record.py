"""What is told of environments: what each serves, how it came to that, and its policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from llmops_magics.prompts.serving.pointer import Pointer
from llmops_magics.record import Record
from llmops_magics.release.environment.freeze import Freeze


@dataclass(frozen=True, kw_only=True)
class ServedPrompt:
    """What an environment serves of a prompt now.

    ``stable``, ``candidate`` and ``held`` are bundles, None where there is none; ``share`` (0 to
    1) is the candidate's. ``plan`` is that of the rollout, and ``step`` counts from 0.
    """

    environment: str
    prompt: str
    generation: int
    action: str
    state: str
    stable: dict[str, Any]
    candidate: dict[str, Any] | None
    held: dict[str, Any] | None
    share: float
    rollout_id: str
    plan: dict[str, Any] | None
    step: int
    back: int
    actor: str
    reason: str
    evidence: tuple[str, ...]
    at: str

    @classmethod
    def of(cls, pointer: Pointer) -> ServedPrompt:
        """Tell what a pointer says."""
        body = pointer.to_dict()
        names = (name for name in cls.__dataclass_fields__ if name != "evidence")
        return cls(**{name: body[name] for name in names}, evidence=pointer.evidence)

    @property
    def ref(self) -> str:
        """The name by which the environment serves the prompt: ``prompt@environment``."""
        return f"{self.prompt}@{self.environment}"


@dataclass(frozen=True, kw_only=True)
class ReleaseStatus(Record):
    """What is served where; ``changed`` is false where a call found it as it was to be.

    ``notes`` are what whoever made the change should know.
    """

    kind: ClassVar[str] = "release-status"

    served: tuple[ServedPrompt, ...]
    freezes: tuple[Freeze, ...] = ()
    asked: str = ""  # prompt@environment, an environment, or "" for all
    changed: bool | None = None
    notes: tuple[str, ...] = ()
    looked_at: str = ""


@dataclass(frozen=True, kw_only=True)
class ReleaseHistory(Record):
    """The changes of what an environment serves of a prompt, the newest first."""

    kind: ClassVar[str] = "release-history"

    environment: str
    prompt: str
    changes: tuple[ServedPrompt, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class EnvironmentState:
    """One environment: its policy as the settings have it, and how it is now."""

    name: str
    after: str
    label: str
    low: dict[str, Any]
    high: dict[str, Any]
    rollout: dict[str, Any]
    prompts: int  # that it serves
    under_way: int  # rollouts
    freeze: Freeze | None = None


@dataclass(frozen=True, kw_only=True)
class Environments(Record):
    """The environments in the order in which a release passes them."""

    kind: ClassVar[str] = "environments"

    environments: tuple[EnvironmentState, ...] = field(default_factory=tuple)
