"""Does access hold? Each principal asks for documents that it may not read, in their own words.

A canary is a document that lures: the question is its own text, so that any retriever would put
it first. One that comes back to somebody who may not read it is a leak, and one leak fails the
check. What somebody may read is taken from the corpus, not from the labels in the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from llmops_magics.record import Record
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.document import Document

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.retrieval.search.searcher import Searcher

CANARY: Final = "canary"  # metadata that makes a document one
A_KIND: Final = 5  # sampled of each set of groups
QUERY_CHARS: Final = 300


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A chunk that somebody got and may not read; ``canary`` is what was asked for."""

    canary: str
    document_id: str
    groups: tuple[str, ...]
    rank: int


@dataclass(frozen=True, kw_only=True)
class PrincipalRow:
    """What one principal got.

    ``forbidden`` canaries were asked for that it may not read, ``allowed`` ones that it may, of
    which ``found`` came back.
    """

    principal: str
    groups: tuple[str, ...]
    forbidden: int
    allowed: int
    found: int
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, kw_only=True)
class AccessCheck(Record):
    """PASS without a leak, FAIL with one.

    INCONCLUSIVE where some documents are ``protected`` (not in ``public``) and none of the canaries
    is forbidden to anybody who asked.
    """

    kind: ClassVar[str] = "access-check"

    corpus: str
    index_fingerprint: str
    retriever: str
    k: int
    protected: int
    canaries: int
    rows: tuple[PrincipalRow, ...]

    @property
    def leaks(self) -> int:
        """How many chunks came to somebody who may not read them."""
        return sum(len(row.leaks) for row in self.rows)

    @property
    def verdict(self) -> str:
        """PASS, FAIL or INCONCLUSIVE."""
        if self.leaks:
            return "FAIL"
        was_tried = any(row.forbidden for row in self.rows)
        return "PASS" if was_tried or not self.protected else "INCONCLUSIVE"

    def to_pandas(self) -> pd.DataFrame:
        """One row a principal."""
        import pandas as pd

        return pd.DataFrame([{**vars(row), "leaks": len(row.leaks)} for row in self.rows])


def choose_canaries(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return the documents whose metadata say ``canary``, and the first five of each kind.

    Documents are of one kind if the same groups may read them.
    """
    told: list[Document] = []
    sampled: dict[tuple[str, ...], list[Document]] = {}
    for document in documents:
        if document.metadata.get(CANARY) is True:
            told.append(document)
        kind = sampled.setdefault(tuple(sorted(document.groups)), [])
        if len(kind) < A_KIND:
            kind.append(document)
    both = (*told, *(document for kind in sampled.values() for document in kind))
    return tuple({document.id: document for document in both}.values())


def check_principal(
    searcher: Searcher,
    principal: Principal,
    canaries: Sequence[Document],
    groups_of: Mapping[str, Sequence[str]],
    *,
    k: int,
) -> PrincipalRow:
    """Let one principal ask for every canary; ``groups_of`` has the groups of each document."""
    queries = [canary.embedded_text[:QUERY_CHARS] for canary in canaries]
    found = searcher.search(queries, k=k, principal=principal)
    allowed = [principal.may_read(canary.groups) for canary in canaries]
    leaks = tuple(
        _leak(canary, passage, groups_of)
        for canary, passages in zip(canaries, found, strict=True)
        for passage in passages
        if not principal.may_read(groups_of.get(passage.document_id, ()))
    )
    return PrincipalRow(
        principal=principal.name,
        groups=tuple(sorted(principal.groups)),
        forbidden=allowed.count(False),
        allowed=allowed.count(True),
        found=sum(
            is_allowed and any(p.document_id == canary.id for p in passages)
            for canary, is_allowed, passages in zip(canaries, allowed, found, strict=True)
        ),
        leaks=leaks,
    )


def _leak(canary: Document, passage: Passage, groups_of: Mapping[str, Sequence[str]]) -> Leak:
    return Leak(
        canary=canary.id,
        document_id=passage.document_id,
        groups=tuple(groups_of.get(passage.document_id, ())),
        rank=passage.rank,
    )
