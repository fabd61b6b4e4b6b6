"""The prompts of the current folder's workspace, as functions: one client a folder and process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.freshness import TTL_S
from llmops_magics.prompts.prompt import Prompt

_BY_FOLDER: dict[str, PromptClient] = {}


def get(
    reference: str,
    *,
    ttl_s: float = TTL_S,
    fallback: str | Path | None = None,
    key: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Prompt:
    """Return a prompt of the current folder's workspace; see ``PromptClient.get``.

    The workspace's settings are read when its first prompt is.
    """
    return _current().get(reference, ttl_s=ttl_s, fallback=fallback, key=key, attributes=attributes)


async def aget(
    reference: str,
    *,
    ttl_s: float = TTL_S,
    fallback: str | Path | None = None,
    key: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Prompt:
    """Return what ``get`` does, without blocking the event loop."""
    return await _current().aget(
        reference, ttl_s=ttl_s, fallback=fallback, key=key, attributes=attributes
    )


def _current() -> PromptClient:
    folder = os.getcwd()  # noqa: PTH109  (a text: making a Path costs more than the whole look-up)
    return _BY_FOLDER.get(folder) or _BY_FOLDER.setdefault(folder, PromptClient())
