"""The protocol of a detector, and what it is told of the text it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

from llmops_magics.guard.finding import Finding

Boundary: TypeAlias = Literal["input", "retrieval", "tool_call", "tool_result", "output"]
BOUNDARIES: Final[tuple[Boundary, ...]] = (
    "input",
    "retrieval",
    "tool_call",
    "tool_result",
    "output",
)
UNTRUSTED: Final[frozenset[Boundary]] = frozenset({"retrieval", "tool_result"})


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where a text crosses a boundary, and what it is held against there.

    ``system_prompt`` is what must not leak, ``canaries`` are the tokens that were planted,
    ``allowed_hosts`` the hosts that links and images may name (``example.com`` covers its
    subdomains).
    """

    boundary: Boundary = "input"
    system_prompt: str = ""
    canaries: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()


@runtime_checkable
class Detector(Protocol):
    """Looks for one kind of danger.

    ``version`` changes with whatever can change its findings: code, rules, weights (by digest).
    ``boundaries`` are those where it has something to say.
    """

    name: str
    version: str
    boundaries: frozenset[Boundary]

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return what is found, in any order. It ends in linear time, whatever the text."""
        ...


@runtime_checkable
class BatchDetector(Detector, Protocol):
    """A detector that is quicker with many texts at once."""

    def scan_many(self, texts: Sequence[str], context: Context) -> Sequence[Sequence[Finding]]:
        """Return what is found in each text."""
        ...
