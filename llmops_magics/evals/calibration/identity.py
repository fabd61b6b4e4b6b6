"""Who judges: the content address of all that decides a judge's scores.

That is the scorer's code and parameters (a rubric's words among them), the prompt, and the model.
Two runs with equal digests were judged by one judge; a licence is for one digest and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_magics.record import digest

Identity = dict[str, str]
PARTS = {"scorer": "the scorer", "prompt_digest": "its prompt", "model": "its model"}


def identity_of(
    scorer_digest: str, *, prompt: str = "", prompt_digest: str = "", model: str = ""
) -> Identity:
    """Return who judges; a scorer that asks no model has no prompt and no model.

    ``prompt`` is the version's reference, for people: two names of one content are one judge.
    """
    decisive = {"scorer": scorer_digest, "prompt_digest": prompt_digest, "model": model}
    return {**decisive, "prompt": prompt, "digest": digest(decisive)}


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name what differs between two identities, in words."""
    return [words for part, words in PARTS.items() if before.get(part) != after.get(part)]
