"""Put what was retrieved where a prompt can use it: a text, or a column of the cases.

A case also carries where its context came from (``metadata["retrieval"]``): the corpus, the index's
fingerprint, and document, place and rank of each passage. No prompt sees that; it is what tells
later whether a wrong answer is the retriever's fault or the model's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.spec import DENSE

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.retrieval.index.manifest import IndexManifest

Cases = TypeVar("Cases", "list[dict[str, Any]]", "pd.DataFrame")

RETRIEVED = "retrieved"  # the column of ids
RETRIEVAL = "retrieval"  # the key in the metadata
QUESTIONS = ("question", "query", "q")  # the columns looked at where none is named


class Retriever(Protocol):
    """Anything that finds passages, such as ``IndexRegistry``."""

    def manifest(self, corpus: str) -> IndexManifest:
        """Return what the index of a corpus was built of."""
        ...

    def retrieve(
        self, corpus_name: str, queries: Sequence[str], *, k: int = 4
    ) -> list[list[Passage]]:
        """Return up to ``k`` passages a query, best first."""
        ...


@dataclass(frozen=True, kw_only=True)
class GivenPassage:
    """A passage that a case was given: ``[start:end]`` of a document; ``end`` None is its end."""

    document_id: str
    rank: int
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, kw_only=True)
class Retrieved:
    """What a case says of its context. Corpus and index are empty where it names ids alone."""

    passages: tuple[GivenPassage, ...]
    corpus: str = ""
    index: str = ""
    retriever: str = DENSE
    question: str = ""  # the text that was searched with
    column: str = "context"  # the input that holds the texts

    def of(self, document_id: str) -> tuple[GivenPassage, ...]:
        """Return the passages of one document."""
        return tuple(p for p in self.passages if p.document_id == document_id)


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
    retriever: str = DENSE,
) -> Cases:
    """Return a copy of the cases with the context of each question and the ids ``retrieved``.

    ``retriever`` is what ``index`` searches with, which the cases say too.

    Columns of these names are replaced, and so is ``retrieval`` in the column ``metadata``. Raises
    ``RetrievalError`` for a case with no question, or whose metadata is no mapping.
    """
    rows: list[Any] = cases if isinstance(cases, list) else cases.to_dict("records")
    queries = [_question(row, question, number) for number, row in enumerate(rows, 1)]
    found, fingerprint = _retrieve(index, corpus, queries, k)
    contexts = [context_text(passages) for passages in found]
    retrieved = [[passage.document_id for passage in passages] for passages in found]
    noted = {
        "corpus": corpus,
        "index": fingerprint,
        "retriever": retriever,
        "question": question,
        "context": column,
    }
    metadata = [
        {**_metadata(row, number), RETRIEVAL: {**noted, "passages": _places(passages)}}
        for number, (row, passages) in enumerate(zip(rows, found, strict=True), 1)
    ]
    if isinstance(cases, list):
        return [
            {**row, column: context, RETRIEVED: ids, "metadata": own}
            for row, context, ids, own in zip(cases, contexts, retrieved, metadata, strict=True)
        ]
    return cases.assign(**{column: contexts, RETRIEVED: retrieved, "metadata": metadata})


def retrieved_of(inputs: Mapping[str, Any], metadata: Mapping[str, Any]) -> Retrieved | None:
    """Return what a case was given, None where it does not carry that.

    Of a case that another chain made, the column ``retrieved`` counts: ids, best first.
    """
    noted = metadata.get(RETRIEVAL)
    if isinstance(noted, Mapping):
        read = _read(noted, inputs)
        if read is not None:
            return read
    ids = inputs.get(RETRIEVED)
    if not isinstance(ids, list | tuple):
        return None
    plain = [str(each) for each in ids if isinstance(each, str | int)]
    passages = tuple(GivenPassage(document_id=each, rank=n) for n, each in enumerate(plain, 1))
    return Retrieved(passages=passages, question=_asked(inputs, QUESTIONS))


def _retrieve(
    index: Retriever, corpus: str, queries: list[str], k: int
) -> tuple[list[list[Passage]], str]:
    """Search, and say in which index; it may be switched while we look, once more is enough."""
    before = index.manifest(corpus).fingerprint
    found = index.retrieve(corpus, queries, k=k)
    after = index.manifest(corpus).fingerprint
    if before != after:
        found = index.retrieve(corpus, queries, k=k)
    return found, after


def _places(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {"document_id": p.document_id, "start": p.start, "end": p.end, "rank": p.rank}
        for p in passages
    ]


def _read(noted: Mapping[str, Any], inputs: Mapping[str, Any]) -> Retrieved | None:
    """Read what was noted, or written by hand; None where it cannot be that."""
    listed = noted.get("passages")
    if not isinstance(listed, list | tuple):
        return None
    passages = [_passage(each, number) for number, each in enumerate(listed, 1)]
    column = noted.get("question")
    return Retrieved(
        passages=tuple(each for each in passages if each is not None),
        corpus=_text(noted.get("corpus")),
        index=_text(noted.get("index")),
        retriever=_text(noted.get("retriever")) or DENSE,
        column=_text(noted.get("context")) or "context",
        question=_asked(inputs, (column, *QUESTIONS) if isinstance(column, str) else QUESTIONS),
    )


def _passage(body: Any, number: int) -> GivenPassage | None:
    if not isinstance(body, Mapping) or not isinstance(body.get("document_id"), str | int):
        return None
    start, end, rank = (body.get(name) for name in ("start", "end", "rank"))
    return GivenPassage(
        document_id=str(body["document_id"]),
        rank=rank if isinstance(rank, int) else number,
        start=start if isinstance(start, int) else 0,
        end=end if isinstance(end, int) else None,
    )


def _asked(inputs: Mapping[str, Any], columns: Sequence[str]) -> str:
    return next((inputs[each] for each in columns if isinstance(inputs.get(each), str)), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _metadata(row: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    value = row.get("metadata")
    if isinstance(value, Mapping):
        return value
    if value in (None, "") or value != value:  # noqa: PLR0124  (a data frame's NaN)
        return {}
    raise RetrievalError(
        f"the metadata of case {number} is a {type(value).__name__}, not a mapping.",
        hint="What was retrieved is noted there: make it a mapping or leave it out.",
    )


def _question(row: dict[str, Any], name: str, number: int) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RetrievalError(
            f"case {number} has no text under {name!r}.",
            hint=f"Its columns are {', '.join(map(str, row))}; name one with question=….",
        )
    return value
