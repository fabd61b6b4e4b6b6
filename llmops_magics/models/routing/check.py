"""What a cascade asks of an answer before it is given, as the layers above provide it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from llmops_magics.models.chat import ChatRequest, ChatResponse


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Whether an answer passes, and why not; ``cost_usd`` is what checking cost, None unknown."""

    passed: bool
    why: str = ""
    cost_usd: Decimal | None = Decimal(0)


Checker = Callable[[ChatRequest, ChatResponse], Awaitable[Checked]]
CheckerOf = Callable[[str], Checker]
"""Gets the checker of a router by its name; raises ``ConfigError`` where there is no such."""
