"""LLMOps in the notebook: prompts, evals, traces, cost and release gates.

In a notebook ``%load_ext llmops_magics``; as a library, the names below. Nothing heavy is
imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmops_magics.errors import LlmopsError as LlmopsError
    from llmops_magics.evals.scorer import scorer as scorer
    from llmops_magics.library import ask as ask
    from llmops_magics.library import attach_context as attach_context
    from llmops_magics.library import calibrate as calibrate
    from llmops_magics.library import evaluate as evaluate
    from llmops_magics.library import gate as gate
    from llmops_magics.library import get_prompt as get_prompt
    from llmops_magics.library import guard_stream as guard_stream
    from llmops_magics.library import guarded_tool as guarded_tool
    from llmops_magics.library import index_documents as index_documents
    from llmops_magics.library import index_manifest as index_manifest
    from llmops_magics.library import load_cases as load_cases
    from llmops_magics.library import register_prompt as register_prompt
    from llmops_magics.library import run_gate as run_gate
    from llmops_magics.library import session as session
    from llmops_magics.library import span as span
    from llmops_magics.library import trace as trace
    from llmops_magics.workspace import Workspace as Workspace
    from llmops_magics.workspace import create_workspace as create_workspace
    from llmops_magics.workspace import current_workspace as current_workspace

__version__ = "0.1.0"

_HOME = {
    "LlmopsError": "errors",
    "Workspace": "workspace",
    "attach_context": "library",
    "ask": "library",
    "calibrate": "library",
    "create_workspace": "workspace",
    "current_workspace": "workspace",
    "evaluate": "library",
    "gate": "library",
    "get_prompt": "library",
    "guard_stream": "library",
    "guarded_tool": "library",
    "index_documents": "library",
    "index_manifest": "library",
    "load_cases": "library",
    "register_prompt": "library",
    "run_gate": "library",
    "scorer": "evals.scorer",
    "session": "library",
    "span": "library",
    "trace": "library",
}

__all__ = [*_HOME, "load_ipython_extension", "unload_ipython_extension"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])


def load_ipython_extension(shell: Any) -> None:
    """Register the magics and begin tracing: what ``%load_ext llmops_magics`` does."""
    from llmops_magics.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Undo all of ``load_ipython_extension``."""
    from llmops_magics.magics.extension import unload

    unload(shell)
