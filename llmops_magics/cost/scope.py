"""Whose call it is: what a budget may be for, told by the call and by the process that makes it."""

from __future__ import annotations

from functools import lru_cache

from llmops_magics.audit.actor import current_actor
from llmops_magics.cost.budget import WORKSPACE
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.embedding import EmbeddingRequest
from llmops_magics.tracing import semconv
from llmops_magics.tracing.session import session_attributes


class CurrentNotebook:
    """The notebook that this process runs the cells of, if it is a kernel."""

    name = ""


def is_within(request: ChatRequest | EmbeddingRequest, scope: str) -> bool:
    """Tell whether a call falls under a scope."""
    if scope == WORKSPACE:
        return True
    kind, _, name = scope.partition(":")
    if kind == "prompt":
        return request.prompt_ref.partition("@")[0] == name
    if kind == "notebook":
        return (request.attributes.get(semconv.NOTEBOOK) or CurrentNotebook.name) == name
    around = session_attributes() or {}
    user = request.attributes.get(semconv.USER_ID) or around.get(semconv.USER_ID) or _actor()
    return user == name


@lru_cache(maxsize=1)
def _actor() -> str:
    """Ask the operating system once: it takes longer than the rest of the question."""
    return current_actor()
