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

from llmops_magics.prompts.serving.pointer import (
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
_SHARED: Final = (ROLLING, PAUSED)


def bucket(salt: str, key: str) -> float:
    """Return the place of a key in [0, 1): the same for the same salt, whoever asks."""
    hashed = sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(hashed[:_BYTES], "big") / _ALL


def is_drawn(
    pointer: Pointer, key: str | None, attributes: Mapping[str, Any] | None = None
) -> bool:
    """Tell whether a bucket of the whole gave the arm: only those can be compared fairly.

    Whom a rule fits, and who has no key, were not drawn by lot.
    """
    rules = pointer.plan.rules if pointer.plan else ()
    return bool(key) and not (attributes and any(rule.fits(attributes) for rule in rules))


def assign(pointer: Pointer, key: str | None, attributes: Mapping[str, Any] | None = None) -> str:
    """Return the arm (``stable``, ``candidate`` or ``held``) of whoever asks.

    A rule of the plan that fits decides first. Who gives no key gets the stable version.
    """
    plan = pointer.plan
    if plan is None or pointer.state not in (*_SHARED, HOLDBACK):
        return STABLE
    place = bucket(pointer.salt, key) if key else None
    if pointer.state == HOLDBACK:
        is_held = place is not None and place >= 1 - plan.holdback / 100
        return HELD if is_held and pointer.held else STABLE
    share = pointer.share
    for rule in plan.rules:
        if attributes and rule.fits(attributes):
            if rule.arm:
                return rule.arm
            share = rule.share
            break
    if place is None or place >= share or place >= 1 - plan.holdback / 100:
        return STABLE
    return CANDIDATE
