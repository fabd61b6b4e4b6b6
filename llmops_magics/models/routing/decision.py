"""What a router decided for one call: which model, why, and what was tried on the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from llmops_magics.models.chat import ChatRequest


@dataclass(frozen=True, kw_only=True)
class Try:
    """One model on the way: ``outcome`` is answered, escalated, failed or passed over."""

    model: str
    outcome: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The end of it; ``chosen`` is "" where every model failed."""

    router: str
    strategy: str
    chosen: str
    why: str
    tries: tuple[Try, ...] = ()


Note = Callable[[Decision], None]
Watch = Callable[[str, str, ChatRequest], AbstractContextManager[Note]]
"""Opens what a decision is noted in: gets the router's name, its strategy and the request."""


def unwatched(_router: str, _strategy: str, _request: ChatRequest) -> Any:
    """Note nothing."""
    return nullcontext(_forget)


def _forget(_decision: Decision) -> None:
    return
