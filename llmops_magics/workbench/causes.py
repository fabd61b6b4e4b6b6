"""Why failing cases failed whose context was retrieved, found out with what a workspace holds.

A run asks at its end, so that what is told is of the index it used, and keeps the report beside its
summary. Asked again later, the corpora and indexes of that moment are held against the same
answers. Nothing that goes wrong here harms a run: the report says what could not be looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import LlmopsError, RetrievalError, UsageError
from llmops_magics.evals.cause.attribute import attribute
from llmops_magics.evals.cause.evidence import Document as Looked
from llmops_magics.evals.cause.evidence import Evidence, find_expected
from llmops_magics.evals.cause.failing import FailingCase, failing_cases
from llmops_magics.evals.cause.holding import DEPTH, Holdings
from llmops_magics.evals.cause.record import (
    CauseReport,
    CauseRow,
    count_causes,
    masked_report,
    unattributed,
)
from llmops_magics.evals.stored import load_run
from llmops_magics.retrieval.corpus.source import PATH
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.ledger import Ledger
from llmops_magics.retrieval.measure.text import texts_of_chunks

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.run import Sample
    from llmops_magics.retrieval.access import Principal
    from llmops_magics.retrieval.chunking.chunk import Chunk
    from llmops_magics.retrieval.corpus.record import CorpusVersion
    from llmops_magics.retrieval.corpus.registry import CorpusRegistry
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.workbench.bench import Bench
    from llmops_magics.workbench.indexes import Indexes
    from llmops_magics.workbench.search import Search

MAX_CASES: Final = 1_000  # failing cases that are looked at
SOURCE_CHARACTERS: Final = 5_000_000  # a source up to this size is read again
GUESS_CHARACTERS: Final = 20_000_000  # in more, no expected answer is looked for
MAX_CHUNKS: Final = 200_000  # of more, texts are not read out of an index


class Causes:
    """The causes of the failing cases of runs."""

    def __init__(
        self,
        bench: Bench,
        *,
        indexes: Callable[[], Indexes],
        corpora: Callable[[], CorpusRegistry],
        search: Callable[[], Search],
    ) -> None:
        self._bench = bench
        self._indexes = indexes
        self._corpora = corpora
        self._search = search

    def of_run(self, run_id: str, *, corpus: str = "", again: bool = False) -> CauseReport:
        """Return why the failing cases of a finished run failed.

        That is what the run kept, unless ``again``, or where it kept nothing; ``corpus`` says where
        the context is from if the cases do not. Raises ``UsageError`` for a run whose failing cases
        carry nothing that was retrieved.
        """
        store = self._bench.store()
        run = load_run(store, run_id, redacted=self._bench.redacted())
        if run.causes is not None and not again and not corpus:
            return run.causes
        cases = self._bench.datasets().get(run.dataset_digest).cases
        report = self(run_id, run.prompt, run.samples, cases, corpus=corpus)
        if report is not None:
            return report
        if not run.summary.failed_cases:
            raise UsageError(f"no case of {run_id} failed: there is no cause to look for.")
        raise UsageError(
            f"the failing cases of {run_id} do not say what was retrieved for them.",
            hint="Give cases their context with llmops_magics.attach_context, or a list of ids in"
            " the column `retrieved`.",
        )

    def __call__(
        self,
        run_id: str,
        prompt: str,
        samples: Sequence[Sample],
        cases: Sequence[Case],
        *,
        corpus: str = "",
    ) -> CauseReport | None:
        """Return the causes, None where no failing case carries what was retrieved."""
        try:
            failing = failing_cases(samples, cases)
            if not failing:
                return None
            report = self._report(run_id, prompt, failing, corpus)
        except Exception as error:  # noqa: BLE001  (the answers are paid for: no run is lost to it)
            report = unattributed(run_id, prompt, f"{type(error).__name__}: {str(error)[:500]}")
        return masked_report(report) if self._bench.redacted() else report

    def _report(
        self, run_id: str, prompt: str, failing: Sequence[FailingCase], corpus: str
    ) -> CauseReport:
        looked = failing[:MAX_CASES]
        grouped: dict[tuple[str, str], list[FailingCase]] = {}
        for case in looked:
            key = (corpus or case.retrieved.corpus, case.retrieved.retriever)
            grouped.setdefault(key, []).append(case)
        parts = [self._part(*key, cases) for key, cases in grouped.items()]
        rows = {row.case_id: row for part in parts for row in part.rows()}
        ordered = tuple(rows[case.case_id] for case in looked)
        then = dict.fromkeys(case.retrieved.index for case in looked if case.retrieved.index)
        return CauseReport(
            run_id=run_id,
            prompt=prompt,
            corpora=tuple(filter(None, dict.fromkeys(name for name, _ in grouped))),
            index_then=tuple(then),
            index_now=tuple(dict.fromkeys(p.fingerprint for p in parts if p.fingerprint)),
            depth=DEPTH,
            counts=count_causes(ordered),
            rows=ordered,
            left_out=len(failing) - len(looked),
            remarks=tuple(dict.fromkeys(each for part in parts for each in part.remarks)),
        )

    def _part(self, corpus: str, retriever: str, cases: Sequence[FailingCase]) -> _Part:
        """Look up the index and the newest version of a corpus, as far as they are there."""
        indexes, corpora = self._indexes(), self._corpora()
        return _Part(
            indexes,
            corpora,
            corpus,
            cases,
            manifest=indexes.manifest(corpus) if corpus in indexes.names() else None,
            version=corpora.resolve(corpus) if corpus in corpora.names() else None,
            reader=self._search().principal(),
            deeper=lambda queries: self._search()(corpus, queries, k=DEPTH, retriever=retriever),
        )


@dataclass
class _Part:
    """The failing cases of one corpus, and what is held of it now."""

    indexes: Indexes
    corpora: CorpusRegistry
    corpus: str
    cases: Sequence[FailingCase]
    manifest: IndexManifest | None
    version: CorpusVersion | None
    deeper: Callable[[Sequence[str]], list[list[Passage]]]
    reader: Principal  # what others may read is quoted to nobody
    remarks: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    @property
    def fingerprint(self) -> str:
        return self.manifest.fingerprint if self.manifest else ""

    def rows(self) -> tuple[CauseRow, ...]:
        """Return a row a case."""
        source = self._source()
        found = self._expected(source)
        holdings = self._holdings(source, _wanted(self.cases, found))
        self._remark()
        try:
            return attribute(self.cases, holdings, found)
        except LlmopsError as error:  # of the deeper search: nothing else asks anybody
            self.remarks.append(f"Nothing was searched deeper: {error.message}")
            return attribute(self.cases, replace(holdings, rank=None), found)

    def _holdings(self, source: Mapping[str, str] | None, wanted: set[str]) -> Holdings:
        is_known = self.manifest is not None or self.version is not None
        corpus = self._corpus_texts(wanted)
        index = self._index_texts(wanted, corpus)
        return Holdings(
            name=self.corpus if is_known else "",
            corpus=corpus,
            index=index,
            source=source,
            fingerprint=self.fingerprint,
            is_registered=self.version is not None,
            hidden=frozenset(self.hidden),  # all that was looked at has been told from it by now
            rank=self.deeper if self.manifest else None,
        )

    def _documents(self) -> Iterable[Looked]:
        """Yield id, title and text of every document."""
        if self.version is None:
            return ((each, "", text) for each, text in self._all_indexed().items())
        documents = self.corpora.iter_documents(self.version)
        return ((each.id, each.title, each.text) for each in documents if self._may_read(each))

    def _corpus_texts(self, wanted: set[str]) -> dict[str, str]:
        if self.version is None or not wanted:
            return {}
        return {i: text for i, _, text in self._documents() if i in wanted}

    def _index_texts(self, wanted: set[str], corpus: Mapping[str, str]) -> dict[str, str] | None:
        """Return what the index holds: the corpus's text where the digests are equal."""
        if self.manifest is None:
            return None
        if not wanted:
            return {}
        same: dict[str, str] = {}
        filling = self.indexes.registry.filling(self.manifest)
        if self.version is not None and filling is not None:
            lines = Ledger(self.indexes.registry.store).documents(filling.id)
            digests = self.corpora.ledger(self.version).digests
            for each in wanted & lines.keys() & corpus.keys():
                if lines[each].digest == digests[each]:
                    same[each] = corpus[each]
            wanted = (wanted & lines.keys()) - same.keys()
        if not wanted:
            return same
        return same | {i: text for i, text in self._all_indexed().items() if i in wanted}

    def _all_indexed(self) -> dict[str, str]:
        if self.manifest is None:
            return {}
        if self.manifest.chunk_count > MAX_CHUNKS:
            raise RetrievalError(
                f"the index of {self.corpus!r} has {self.manifest.chunk_count:,} chunks: their"
                " texts are not read out.",
                hint=f"Add its documents as a corpus: %llm_corpus add {self.corpus} PATH.",
            )
        chunks = self.indexes.chunks(self.corpus)
        return texts_of_chunks(each for each in chunks if self._may_read(each))

    def _may_read(self, part: Document | Chunk) -> bool:
        """Tell whether a document, or a chunk of one, may be quoted; note it if not."""
        is_allowed = self.reader.may_read(part.groups)
        if not is_allowed:
            self.hidden.add(part.id if isinstance(part, Document) else part.document_id)
        return is_allowed

    def _source(self) -> dict[str, str] | None:
        """Read the source again, where it is a file or folder that is not large."""
        if self.version is None or self.version.character_count > SOURCE_CHARACTERS:
            return None
        if self.corpora.source(self.corpus).kind != PATH:
            return None
        try:
            documents, _ = self.corpora.reread(self.corpus)
        except LlmopsError as error:
            self.remarks.append(f"The source was not read again: {error.message}")
            return None
        return {each.id: each.text for each in documents if self._may_read(each)}

    def _expected(self, source: Mapping[str, str] | None) -> Mapping[str, tuple[Evidence, ...]]:
        """Look for the expected answers of cases without labels."""
        bare = [case for case in self.cases if case.labels is None and not case.problem]
        if not bare:
            return {}
        size = self.version.character_count if self.version else 0
        if size > GUESS_CHARACTERS:
            self.remarks.append(
                f"{len(bare):,} cases have no labels, and {self.corpus} is too large to look for"
                " their expected answers in it."
            )
            return {}
        at_source = ((each, "", text) for each, text in (source or {}).items())
        return find_expected(bare, chain(self._documents(), at_source))

    def _remark(self) -> None:
        then = {case.retrieved.index for case in self.cases} - {""}
        if self.corpus and self.manifest is None:
            self.remarks.append(f"{self.corpus} has no index any more: nothing was searched.")
        elif then - {self.fingerprint}:
            self.remarks.append(
                f"The index of {self.corpus} is another one than when the cases were given their"
                " context: ranks are those of the one there is now."
            )
        if self.corpus and self.version is None:
            self.remarks.append(
                f"{self.corpus} is no registered corpus: what is stale cannot be told, and the"
                " corpus is what the index holds."
            )


def _wanted(cases: Sequence[FailingCase], found: Mapping[str, Sequence[Evidence]]) -> set[str]:
    """Return the ids of the documents whose texts are needed."""
    wanted = {label.document_id for case in cases for label in case.labels or ()}
    wanted |= {place.document_id for places in found.values() for place in places}
    return wanted
