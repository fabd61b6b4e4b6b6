"""A scripted model endpoint, so that notebooks and pipelines can be tested without a model.

``ScriptedServer`` answers over real HTTP what its script says: text, templates, latency, errors,
rate limits, malformed JSON, broken connections. ``ScriptedProcess`` is the same in a process of
its own. Nothing here is imported before it is used, so that the pytest plugin costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmops_magics.testing.process import ScriptedProcess
    from llmops_magics.testing.reply import Reply
    from llmops_magics.testing.script import Answer
    from llmops_magics.testing.server import ScriptedServer

__all__ = ["Answer", "Reply", "ScriptedProcess", "ScriptedServer"]

_HOMES = {
    "Answer": "script",
    "Reply": "reply",
    "ScriptedProcess": "process",
    "ScriptedServer": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
