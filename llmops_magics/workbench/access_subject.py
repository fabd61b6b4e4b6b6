"""What access is decided about: prompts and documents looked up, and asked about before a change.

The layers that keep them know of no policy; here they meet ``workspace.access``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import AccessDeniedError, UsageError
from llmops_magics.guard.access.authority import refuse
from llmops_magics.guard.access.decision import AccessDecision
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.access.resource import Resource

if TYPE_CHECKING:
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.access import Access

Found = list[list["Passage"]]
_BY_AUTHOR: Final = "approve"  # the one action that asks whose change it is


class Subjects:
    """Looks up what is known of something that is only named."""

    def __init__(
        self,
        prompts: Callable[[], PromptRegistry],
        corpora: Callable[[], CorpusRegistry],
    ) -> None:
        self._prompts = prompts
        self._corpora = corpora

    def complete(self, action: str, resource: Resource) -> Resource:
        """Return a resource with its author or its groups, where the action asks for them.

        Raises ``UsageError`` for a document that no corpus has, and ``PromptReferenceError``.
        """
        if resource.kind == "document":
            return self._document(resource)
        if resource.kind == "prompt":
            name = resource.name.partition("@")[0]
            known = self._prompts().get(resource.name).author if action == _BY_AUTHOR else ""
            return replace(resource, name=name, author=known)
        return resource

    def _document(self, resource: Resource) -> Resource:
        registry = self._corpora()
        names = [n for n in registry.names() if resource.name.startswith(f"{n}/")]
        for corpus in sorted(names, key=len, reverse=True):
            name = resource.name.removeprefix(f"{corpus}/")
            for document in registry.iter_documents(registry.resolve(corpus)):
                if document.id == name:
                    return replace(resource, name=name, corpus=corpus, groups=document.groups)
        raise UsageError(
            f"no corpus has the document {resource.name!r}.",
            hint=f"Name it CORPUS/DOCUMENT; corpora: {', '.join(registry.names()) or 'none'}.",
        )


class PromptPermission:
    """What the prompt registry asks before a change; whoever acts is the principal."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def check(self, action: str, prompt: str, *, label: str = "", author: str = "") -> None:
        """Raise ``AccessDeniedError`` where the actor may not."""
        resource = Resource(kind="prompt", name=prompt, author=author)
        refuse(self._access.authorize(None, action, resource, {"label": label}))

    def record(self, refusal: AccessDeniedError) -> None:
        """Write the refusal to the audit trail."""
        if isinstance(refusal.decision, AccessDecision):
            self._access.record(refusal.decision)


class Reading:
    """Holds what a search found against the workspace's own policies on documents.

    The groups were in the query: what they forbid is not among it. A policy may forbid more, and
    what it forbids is left out and recorded. With no policy of the workspace's own there is
    nothing more to decide.
    """

    def __init__(self, access: Callable[[], Access]) -> None:
        self._access = access

    def __call__(self, corpus: str, principal: Principal, found: Found) -> Found:
        """Return what may be read, ranked anew."""
        access = self._access()
        if not access.policy_files:
            return found
        documents = {
            (each.document_id, each.groups): Resource(
                kind="document", name=each.document_id, corpus=corpus, groups=each.groups
            )
            for passages in found
            for each in passages
        }
        who = replace(principal, roles=principal.roles | access.principal(principal.name).roles)
        decided = access.may_read(who, list(documents.values()))
        refused = [each for each in decided if not each.allowed]
        if not refused:
            return found
        access.record(*refused)
        gone = {key for key, each in zip(documents, decided, strict=True) if not each.allowed}
        return [_without(passages, gone) for passages in found]


def _without(passages: list[Passage], gone: set[tuple[str, tuple[str, ...]]]) -> list[Passage]:
    kept = [each for each in passages if (each.document_id, each.groups) not in gone]
    return [replace(each, rank=rank) for rank, each in enumerate(kept, start=1)]
