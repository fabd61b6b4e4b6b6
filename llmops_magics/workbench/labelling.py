"""Label passages by hand: ``workspace.relevance.label``.

Several retrievers are asked, what they find is pooled, and a session over the pool takes grades.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.datasets.reference import check_name
from llmops_magics.datasets.registry import Commit
from llmops_magics.errors import DatasetError, RetrievalError, UsageError
from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.evals.retrieval.labelling.pool import make_pool
from llmops_magics.evals.retrieval.labelling.report import RelevanceLabelling
from llmops_magics.evals.retrieval.labelling.session import LabelSession
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.measure.query import QuerySet, queries_of_cases
from llmops_magics.retrieval.measure.reader import (
    json_rows,
    numbered,
    question_rows,
    read_questions,
)
from llmops_magics.retrieval.measure.text import texts_of_chunks
from llmops_magics.retrieval.search.spec import DENSE, HYBRID, LEXICAL, check_spec

if TYPE_CHECKING:
    from llmops_magics.datasets.registry import DatasetRegistry
    from llmops_magics.evals.retrieval.searching import Progress
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.bench import Bench
    from llmops_magics.workbench.retrieval import Search
    from llmops_magics.workbench.retrieval_baseline import Indexes

K = 10
MOST_K = 100
RETRIEVERS = (DENSE, LEXICAL, HYBRID)


@dataclass(frozen=True)
class Labelling:
    """Makes pools and sessions, and keeps what was said in files and datasets."""

    bench: Bench
    indexes: Indexes
    search: Search
    actor: Callable[[], str]

    def open(
        self,
        corpus: str,
        queries: Any,
        *,
        k: int,
        retrievers: Sequence[str],
        principal: Principal,
        on_progress: Progress | None = None,
    ) -> LabelSession:
        """Open, or go on with, the labelling of queries; raises ``RetrievalError``."""
        if not 1 <= k <= MOST_K:
            raise UsageError(f"k is {k}.", hint=f"Give 1 to {MOST_K} passages a retriever.")
        names = list(dict.fromkeys(retrievers))
        if not names:
            raise UsageError("no retriever is named.", hint=f"There are {', '.join(RETRIEVERS)}.")
        for name in names:
            check_spec(name)
        fingerprint = str(self.indexes.manifest(corpus).fingerprint)
        asked = questions(queries, self.bench.datasets())
        texts = [query.text for query in asked.queries]
        found: dict[str, list[list[Passage]]] = {}
        for number, name in enumerate(names):
            if on_progress:
                on_progress("passages", number, len(names))
            found[name] = self.search(corpus, texts, k=k, retriever=name, principal=principal)
        pool = make_pool(asked.queries, found, k)
        if not pool.passages:
            raise RetrievalError(
                f"{', '.join(names)} found nothing for any query of {asked.name}.",
                hint="Check that the corpus and the queries belong together.",
            )
        return LabelSession(
            LabelLog(self.bench.store(), corpus, actor=self.actor),
            pool,
            name=asked.name,
            index_fingerprint=fingerprint,
            redacted=self.bench.redacted(),
        )

    def save(self, session: LabelSession, name: str) -> tuple[str, int]:
        """Keep the labels as a dataset version; return its reference and how many queries it has.

        Raises ``UsageError`` where nothing was labelled yet.
        """
        texts = texts_of_chunks(self.indexes.chunks(session.corpus))
        labelled = session.as_queries(check_name(name), texts)
        if not labelled.queries:
            raise UsageError(
                "No passage has been graded yet, so there is nothing to save.",
                hint="Grade some first.",
            )
        message = f"relevance labels on {session.corpus}, {session.name}"
        commit = Commit(message=message, is_explicit=True)
        made = self.bench.datasets().register(labelled.as_dataset(), commit)
        return made.ref, len(labelled.queries)


def read_filled(path: str | Path) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Yield the rows of a pool that was filled in; raises ``RetrievalError`` for any other file."""
    for where, row in json_rows(Path(path)):
        if not isinstance(row, Mapping) or not {"query_id", "document_id", "grade"} <= set(row):
            raise RetrievalError(
                f"{where}: this is no passage of a pool.",
                hint="Write the pool to a file first, and fill in `grade`.",
            )
        yield where, row


def write_pool(session: LabelSession, path: str | Path) -> None:
    """Write the pool as JSONL to be filled in; raises ``UsageError`` where the file is there."""
    try:
        with Path(path).open("x", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pool_lines(session))
    except FileExistsError:
        raise UsageError(f"{path} is there already.", hint="Give another name.") from None


def pool_lines(session: LabelSession) -> Iterable[str]:
    """Yield the lines of a pool's file."""
    for row in session.rows():
        yield json.dumps(row, ensure_ascii=False) + "\n"


def questions(source: Any, datasets: DatasetRegistry) -> QuerySet:
    """Return the queries of a file, a folder, rows, a DataFrame or a dataset, judged or not."""
    if isinstance(source, QuerySet):
        return source
    if isinstance(source, str | Path) and Path(source).exists():
        return read_questions(source)
    name = "queries"
    if isinstance(source, str | Path):
        try:
            source = datasets.get(str(source))
        except DatasetError as error:
            raise RetrievalError(
                f"there is no file and no dataset {str(source)[:80]!r}.",
                hint="Queries are a JSONL or text file, or a dataset of this workspace.",
            ) from error
        name = source.name
    if hasattr(source, "to_dict") and hasattr(source, "notna"):  # a DataFrame
        source = source.astype(object).where(source.notna(), None).to_dict("records")
    if hasattr(source, "cases"):
        source = queries_of_cases(source.cases)
    if not isinstance(source, Sequence):
        raise RetrievalError(f"queries cannot be read from a {type(source).__name__}.")
    return question_rows(numbered(source, name), name)


def with_counts(session: LabelSession, taken: tuple[int, int] | None) -> RelevanceLabelling:
    """Return the state of a session, with what was read from a file."""
    if taken is None:
        return session.report()
    new, unknown = taken
    remarks = [f"{new:,} grades were read from the file."]
    if unknown:
        remarks.append(
            f"{unknown:,} graded lines are of no passage of this pool, or of another text: left "
            "out."
        )
    return session.report(remarks=tuple(remarks))
