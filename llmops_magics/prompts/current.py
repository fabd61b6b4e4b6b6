"""The prompts of the current folder's workspace, as functions: one client a folder and process."""

from __future__ import annotations

import os
from pathlib import Path

from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.freshness import TTL_S
from llmops_magics.prompts.prompt import Prompt

_BY_FOLDER: dict[str, PromptClient] = {}


def get(reference: str, *, ttl_s: float = TTL_S, fallback: str | Path | None = None) -> Prompt:
    """Return a prompt of the current folder's workspace; see ``PromptClient.get``.

    The workspace's settings are read when its first prompt is.
    """
    return _current().get(reference, ttl_s=ttl_s, fallback=fallback)


async def aget(
    reference: str, *, ttl_s: float = TTL_S, fallback: str | Path | None = None
) -> Prompt:
    """Return what ``get`` does, without blocking the event loop."""
    return await _current().aget(reference, ttl_s=ttl_s, fallback=fallback)


def _current() -> PromptClient:
    folder = os.getcwd()  # noqa: PTH109  (a text: making a Path costs more than the whole look-up)
    return _BY_FOLDER.get(folder) or _BY_FOLDER.setdefault(folder, PromptClient())
