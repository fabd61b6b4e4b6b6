"""``[guard]`` in ``llmops.toml``: what looks at texts, and what is done about what it finds.

Without the section nothing is scanned at a boundary. With it every text that crosses one is, and
what no policy speaks of is flagged: it is recorded and goes on.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BoundaryName = Literal["input", "retrieval", "tool_call", "tool_result", "output"]
SeverityName = Literal["low", "medium", "high", "critical"]
Action = Literal["allow", "flag", "redact", "block", "ask"]
# From the mildest to the strictest.
ACTIONS: tuple[Action, ...] = ("allow", "flag", "redact", "ask", "block")

Glob = Annotated[str, Field(min_length=1, max_length=200)]
Spec = Annotated[str, Field(pattern=r"^[A-Za-z][\w.-]*(:.+)?$", max_length=500)]
Kind = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*)?$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicySettings(_Part):
    """What is done about findings; all that a policy says must hold of one.

    ``detector`` is the name of one, ``kind`` a kind or what it begins with (``pii`` covers
    ``pii.email``), ``severity`` the least there must be, ``prompt`` and ``environment`` globs;
    case counts in the name of a prompt, not in that of an environment.
    """

    action: Action
    name: str = Field(default="", max_length=100)
    boundary: tuple[BoundaryName, ...] = ()
    detector: str = ""
    kind: Kind = ""
    severity: SeverityName = "low"
    prompt: tuple[Glob, ...] = ()
    environment: tuple[Glob, ...] = ()

    @field_validator("boundary", "prompt", "environment", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class GuardSettings(_Part):
    """Which detectors look, and the policies, of which the first that fits a finding decides.

    ``detectors`` are specs such as ``injection`` or ``classifier:models/piguard``; left out, those
    that need no extra. ``allowed_hosts`` are those that links and images of an answer may name,
    subdomains included. ``canaries_env`` names variables that hold planted tokens, apart by commas.
    ``ask_timeout_s`` is how long a person has for an answer, from when the question is made and not
    from when somebody sees it: after that it is no. With ``restorable`` what is redacted of a call
    is sealed in the store, for who may have it back.
    """

    detectors: tuple[Spec, ...] = ()
    allowed_hosts: tuple[Host, ...] = ()
    canaries_env: tuple[Variable, ...] = ()
    ask_timeout_s: float = Field(default=300.0, ge=0, le=86_400)
    restorable: bool = False
    policy: tuple[PolicySettings, ...] = ()

    @field_validator("detectors", "allowed_hosts", "canaries_env", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_differ(self) -> GuardSettings:
        names = [policy.name for policy in self.policies]
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            raise ValueError(f"two policies are called {twice!r}")
        return self

    @property
    def policies(self) -> tuple[PolicySettings, ...]:
        """The policies in their order, each with a name: its place, if it was given none."""
        return tuple(
            policy if policy.name else policy.model_copy(update={"name": f"policy-{number}"})
            for number, policy in enumerate(self.policy, 1)
        )
