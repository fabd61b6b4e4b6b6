"""Who may see which document: the filter that every query carries, and the check of its results.

A document names the groups that may read it, a principal the groups it is in; one in common is
needed. The filter says what is allowed and stands inside the query: filtering the best ten
afterwards can leave none of ten permitted documents, a missing filter would let everything
through, and "not in these groups" would let unlabelled documents through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import RetrievalError
from llmops_magics.guard.access.principal import ANONYMOUS, PUBLIC, Principal, principal_of

if TYPE_CHECKING:
    from llmops_magics.retrieval.passage import Passage

__all__ = [
    "ANONYMOUS",
    "GROUPS",
    "PUBLIC",
    "Principal",
    "allow_filter",
    "check_allowed",
    "principal_of",
]

GROUPS: Final = "groups"  # the metadata of a chunk that the filter looks at


def allow_filter(principal: Principal) -> dict[str, Any]:
    """Return Chroma's ``where`` for what a principal may read; it is never empty.

    ``$contains`` on a list compares whole members; a chunk without the list is never matched.
    """
    allowed: list[dict[str, Any]] = [{GROUPS: {"$contains": g}} for g in sorted(principal.groups)]
    if not allowed:
        raise RetrievalError(
            f"the principal {principal.name!r} is in no group, not even {PUBLIC!r}.",
            hint="Make principals with Principal.of(name, groups).",
        )
    return allowed[0] if len(allowed) == 1 else {"$or": allowed}


def check_allowed(found: Sequence[Sequence[Passage]], principal: Principal) -> None:
    """Raise ``RetrievalError`` if a result should not have come: better no answer than a leak."""
    for passages in found:
        for passage in passages:
            if not principal.may_read(passage.groups):
                raise RetrievalError(
                    f"the index returned {passage.key!r} to {principal.name!r}, who may not read"
                    f" it (its groups: {', '.join(passage.groups) or 'none'}).",
                    hint="Nothing was handed out. Build the index again: its labels do not hold.",
                )
