"""Who gets which arm: deterministic, sticky, and monotone as the share grows.

A key's bucket is the first 8 bytes of ``sha256(salt + NUL + key)`` over 2^64, a number in [0, 1).
The candidate goes to buckets below its share, so a greater share keeps everybody whom a smaller one
had. The holdback is the buckets at the other end, which never get the candidate and stay with the
version before when all others have left it. The salt is of one rollout and never changes in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.prompts.serving.arm import (
    CANDIDATE,
    HELD,
    HOLDBACK,
    PAUSED,
    ROLLING,
    STABLE,
)

if TYPE_CHECKING:
    from llmops_magics.prompts.serving.pointer import Pointer

_BYTES: Final = 8
_ALL: Final = 2.0 ** (8 * _BYTES)
_DIVIDED: Final = (ROLLING, PAUSED, HOLDBACK)


def bucket(salt: str, key: str) -> float:
    """Return the place of a key in [0, 1): the same for the same salt, whoever asks."""
    hashed = sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(hashed[:_BYTES], "big") / _ALL


def draw(
    pointer: Pointer, key: str | None, attributes: Mapping[str, Any] | None = None
) -> tuple[str, bool]:
    """Return the arm of whoever asks, and whether a bucket of the whole gave it.

    A rule of the plan that fits decides first. Who gives no key gets the stable version. Neither
    was drawn by lot, so neither can be compared fairly.
    """
    plan, state = pointer.plan, pointer.state
    fitting = None
    if attributes and plan is not None and plan.rules:
        fitting = next((rule for rule in plan.rules if rule.fits(attributes)), None)
    drawn = bool(key) and fitting is None
    if plan is None or state not in _DIVIDED:
        return STABLE, drawn
    if fitting is not None and fitting.arm and state != HOLDBACK:
        return fitting.arm, False
    if not key:
        return STABLE, False
    place = bucket(pointer.salt, key)
    is_held = place >= 1 - plan.holdback / 100
    if state == HOLDBACK:
        return HELD if is_held and pointer.held else STABLE, drawn
    share = pointer.share if fitting is None else fitting.share
    return CANDIDATE if place < share and not is_held else STABLE, drawn


def assign(pointer: Pointer, key: str | None, attributes: Mapping[str, Any] | None = None) -> str:
    """Return the arm (``stable``, ``candidate`` or ``held``) of whoever asks."""
    return draw(pointer, key, attributes)[0]


def is_drawn(
    pointer: Pointer, key: str | None, attributes: Mapping[str, Any] | None = None
) -> bool:
    """Tell whether a bucket of the whole gave the arm: only those can be compared fairly."""
    return draw(pointer, key, attributes)[1]
