"""Take in what a model wrote about each chunk, as a scorer does: usable or why not.

So a synthesis is an eval run like any other: cached, within budget, its failures in the table. The
questions themselves are kept here as the model gave them, since a stored answer may be masked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.duplicate import find_duplicates
from llmops_magics.evals.retrieval.synthesis import answer as reading
from llmops_magics.evals.retrieval.synthesis.answer import FAILED, MASKED, NEAR, Written
from llmops_magics.evals.retrieval.synthesis.prompt import PASSAGE
from llmops_magics.evals.run import Sample, Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.source import digest_modules
from llmops_magics.record import digest
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.measure.query import QUERY, SYNTHETIC, Query, Relevant

NAME = "usable_question"
ALIKE = 0.6  # Jaccard index of the characters' shingles: a question is short, and 0.8 is a typing
_ID_CHARS = 12


@dataclass
class QuestionScorer:
    """Scores an answer as usable or not, and keeps it by case."""

    name: str = NAME
    needs: frozenset[str] = frozenset()
    found: dict[str, Written | str] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """Digest of what decides."""
        return digest_modules(reading.__name__)

    async def score(self, context: ScorerContext) -> Score:
        """Return whether the answer can be used; the reason is in our words alone."""
        said = reading.read_answer(context.output, context.inputs[PASSAGE])
        self.found[context.case_id] = said
        fault = said if isinstance(said, str) else ""
        return Score(scorer=self.name, value=not fault, reason=fault)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The questions that can be used, in the order of their chunks; ``dropped`` counts the rest."""

    queries: tuple[Query, ...]
    dropped: dict[str, int]


def take(
    samples: Iterable[Sample], chunks: Sequence[Chunk], found: dict[str, Written | str]
) -> Taken:
    """Return the queries of a run's samples, in the chunks' order, each chunk's own span in it."""
    dropped: Counter[str] = Counter()
    queries: list[Query] = []
    for sample, chunk in zip(samples, chunks, strict=True):
        said = _said(sample, found)
        if isinstance(said, str):
            dropped[said] += 1
        else:
            queries.append(_query(chunk, said))
    kept = _apart(queries)
    if len(kept) < len(queries):
        dropped[NEAR] = len(queries) - len(kept)
    return Taken(queries=kept, dropped=dict(dropped.most_common()))


def _said(sample: Sample, found: dict[str, Written | str]) -> Written | str:
    if sample.error:
        return FAILED
    if sample.case_id in found:
        return found[sample.case_id]
    # Answered in an earlier process, which was broken off.
    return (
        MASKED if sample.is_masked else reading.read_answer(sample.output, sample.inputs[PASSAGE])
    )


def _query(chunk: Chunk, written: Written) -> Query:
    span = (chunk.start + written.start, chunk.start + written.end)
    label = Relevant(document_id=chunk.document_id, start=span[0], end=span[1], quote=written.quote)
    mark = digest([chunk.document_id, *span, written.question]).rpartition(":")[2][:_ID_CHARS]
    return Query(
        id=f"{SYNTHETIC}-{mark}",
        text=written.question,
        tags=(SYNTHETIC,),
        relevant=(label,),
        is_synthetic=True,
        group=chunk.document_id,
    )


def _apart(queries: Sequence[Query]) -> tuple[Query, ...]:
    """Keep the first of those that are alike."""
    cases = [Case(id=query.id, inputs={QUERY: query.text}) for query in queries]
    alike = find_duplicates(cases, threshold=ALIKE)
    gone = {each for group in alike.exact for each in group.ids[1:]}
    gone |= {pair.second for pair in alike.near}
    return tuple(query for query in queries if query.id not in gone)
