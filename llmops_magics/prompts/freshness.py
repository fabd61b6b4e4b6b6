"""How old a remembered prompt may be: returned, returned while it is read again, or not returned.

Pure rules over a clock in seconds; ``client`` does what they say.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llmops_magics.errors import LlmopsError, UsageError
from llmops_magics.prompts.prompt import CACHE, FALLBACK, Prompt
from llmops_magics.prompts.reference import parse_reference

TTL_S = 60.0
STALE_FACTOR = 2.0  # max_stale_s, if it is not given, in times to live
RETRY_S = 1.0  # after a load that failed nobody waits for another this soon
NEVER, ALWAYS = float("-inf"), float("inf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifetime:
    """Up to ``ttl_s`` a prompt is fresh, up to ``max_stale_s`` it may be returned stale."""

    ttl_s: float
    max_stale_s: float

    @classmethod
    def of(cls, ttl_s: float, max_stale_s: float | None = None) -> Lifetime:
        """Check the two; raises ``UsageError``."""
        if not isinstance(ttl_s, int | float) or not ttl_s >= 0:
            raise UsageError(f"ttl_s={ttl_s!r} is no time.", hint="Give seconds, 0 or more.")
        most = ttl_s * STALE_FACTOR if max_stale_s is None else max_stale_s
        if not ttl_s <= most:
            raise UsageError(
                f"ttl_s={ttl_s:g} and max_stale_s={most:g} cannot be meant.",
                hint="Give seconds with 0 <= ttl_s <= max_stale_s.",
            )
        return cls(ttl_s=ttl_s, max_stale_s=most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A remembered prompt, and the moment of the clock at which it was current."""

    fresh: Prompt
    stale: Prompt
    current_at: float
    kept_in: Path | None = None  # the fallback file
    is_polled: bool = False  # a release may move it at any moment

    @classmethod
    def of(
        cls,
        prompt: Prompt,
        current_at: float,
        kept_in: Path | None = None,
        *,
        is_polled: bool = False,
    ) -> Entry:
        """Remember a prompt that was read from the store or from the fallback file."""
        source = FALLBACK if prompt.source == FALLBACK else CACHE
        return cls(
            fresh=_as(prompt, source=source),
            stale=_as(prompt, source=source, is_stale=True),
            current_at=current_at,
            kept_in=kept_in,
            is_polled=is_polled,
        )


def _as(prompt: Prompt, **said: Any) -> Prompt:
    """Say something of a prompt and of the other arms that are served beside it."""
    arms = {arm: replace(beside, **said) for arm, beside in prompt.arms.items()}
    return replace(prompt, arms=arms, **said)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """The last load of a reference, if it failed."""

    at: float
    error: LlmopsError


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to return, None to wait for a load; and whether to begin a load in the background."""

    prompt: Prompt | None = None
    load: bool = False


def decide(entry: Entry | None, failure: Failure | None, now: float, life: Lifetime) -> Decision:
    """Decide what to do with what is remembered of a reference.

    A store that has just failed is not waited for again: within ``max_stale_s`` of a failure
    what is remembered is returned and the load runs in the background, at most one a second.
    """
    age = now - entry.current_at if entry else ALWAYS
    since_failure = now - failure.at if failure else ALWAYS
    if entry is None or age < life.ttl_s:
        return Decision(prompt=entry.fresh if entry else None)
    if age < life.max_stale_s or since_failure < life.max_stale_s:
        return Decision(prompt=entry.stale, load=since_failure >= RETRY_S)
    return Decision()


def current_at(reference: str, asked_at: float) -> float:
    """Return when what was read was current: for ever, if the reference says which version."""
    parsed = parse_reference(reference)
    return ALWAYS if parsed.number or parsed.digest else asked_at


class Outage:
    """Whether the store is away; tells one caller only that it has gone, or come back."""

    def __init__(self) -> None:
        self._is_on = False
        self.reset()

    def reset(self) -> None:
        """Take a new lock: another thread may have held the old one when the process forked."""
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Note that the store is away; return whether this is news."""
        return self._turn(True)

    def end(self) -> bool:
        """Note that the store answers; return whether this is news."""
        return self._turn(False)

    def _turn(self, on: bool) -> bool:
        with self._lock:
            was_on, self._is_on = self._is_on, on
            return was_on != on
