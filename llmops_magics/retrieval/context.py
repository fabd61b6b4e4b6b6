"""Put what was retrieved where a prompt can use it: a text, or a column of the cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.passage import Passage

if TYPE_CHECKING:
    import pandas as pd

Cases = TypeVar("Cases", "list[dict[str, Any]]", "pd.DataFrame")


class Retriever(Protocol):
    """Anything that finds passages, such as ``IndexRegistry``."""

    def retrieve(
        self, corpus_name: str, queries: Sequence[str], *, k: int = 4
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query, best first."""
        ...


def context_text(passages: Sequence[Passage]) -> str:
    """Return the passages' texts, best first, with a blank line between them."""
    return "\n\n".join(passage.text for passage in passages)


def attach_context(
    cases: Cases,
    index: Retriever,
    corpus: str,
    *,
    question: str = "question",
    k: int = 1,
    column: str = "context",
) -> Cases:
    """Return a copy of the cases with the context of each question and the ids ``retrieved``.

    Columns of these names are replaced. Raises ``RetrievalError`` for a case with no question.
    """
    rows: list[Any] = cases if isinstance(cases, list) else cases.to_dict("records")
    queries = [_question(row, question, number) for number, row in enumerate(rows, 1)]
    found = index.retrieve(corpus, queries, k=k)
    contexts = [context_text(passages) for passages in found]
    retrieved = [[passage.document_id for passage in passages] for passages in found]
    if isinstance(cases, list):
        return [
            {**row, column: context, "retrieved": ids}
            for row, context, ids in zip(cases, contexts, retrieved, strict=True)
        ]
    return cases.assign(**{column: contexts, "retrieved": retrieved})


def _question(row: dict[str, Any], name: str, number: int) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RetrievalError(
            f"case {number} has no text under {name!r}.",
            hint=f"Its columns are {', '.join(map(str, row))}; name one with question=….",
        )
    return value
