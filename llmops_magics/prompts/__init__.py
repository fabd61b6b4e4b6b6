"""Prompts as code: templates, immutable versions, labels and diffs.

Production code gets a prompt with ``get`` or, in a coroutine, ``aget``; both remember it. They
are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmops_magics.prompts.client import PromptClient as PromptClient
    from llmops_magics.prompts.current import aget as aget
    from llmops_magics.prompts.current import get as get
    from llmops_magics.prompts.prompt import Prompt as Prompt

_HOME = {"Prompt": "prompt", "PromptClient": "client", "aget": "current", "get": "current"}

__all__ = [*_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found  # the next call of ``prompts.get`` does not come by here
    return found


def __dir__() -> list[str]:
    return sorted(_HOME)
