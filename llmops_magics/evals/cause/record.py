"""The record of causes: a class for each failing case, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from llmops_magics.record import Record, canonical_json
from llmops_magics.redaction import redact

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.run import Sample

NOT_IN_CORPUS = "not in the corpus"
STALE = "stale"
NOT_RETRIEVED = "not retrieved"
UNUSED = "retrieved but unused"
WRONG = "used but wrong"
UNKNOWN = "unknown"
RETRIEVAL_CAUSES = (NOT_IN_CORPUS, STALE, NOT_RETRIEVED)
MODEL_CAUSES = (UNUSED, WRONG)
STAGES = (*RETRIEVAL_CAUSES, *MODEL_CAUSES)  # in this order something can be missing
CAUSES = (*STAGES, UNKNOWN)

LABEL, NARROWED, GUESS = "label", "label, narrowed", "guess"


@dataclass(frozen=True, kw_only=True)
class CauseRow:
    """One failing case. ``cause`` is that of the piece of evidence that went missing first.

    ``basis`` says what the evidence rests on: a label, a label of a whole document narrowed to the
    expected answer's text, or a guess (the expected answer's text, found in a document). ``rank``
    is where the evidence stood in a search of ``depth`` passages, None beyond it or not searched;
    ``share`` is how much of what the answer says beyond the question stands in the evidence.
    """

    case_id: str
    cause: str
    why: str
    question: str = ""
    document_id: str = ""
    evidence: str = ""
    basis: str = ""
    rank: int | None = None
    depth: int = 0
    share: float | None = None
    pieces: int = 0
    retrieved: tuple[str, ...] = ()
    corpus: str = ""

    @property
    def is_guess(self) -> bool:
        """Tell whether nobody labelled the evidence."""
        return self.basis == GUESS


@dataclass(frozen=True, kw_only=True)
class CauseReport(Record):
    """The failing cases of a run whose context was retrieved, and the cause of each.

    ``counts`` has every class, also those of 0. ``index_then`` are the fingerprints that the cases
    name, ``index_now`` those of the indexes that were asked. ``left_out`` failing cases were not
    looked at. ``problem`` says why nothing could be told, if so.
    """

    kind: ClassVar[str] = "cause-report"

    run_id: str
    prompt: str
    corpora: tuple[str, ...]
    index_then: tuple[str, ...]
    index_now: tuple[str, ...]
    depth: int
    counts: dict[str, int]
    rows: tuple[CauseRow, ...]
    left_out: int = 0
    remarks: tuple[str, ...] = ()
    problem: str = ""

    @property
    def retrieval_count(self) -> int:
        """How many cases failed before the model had the evidence."""
        return sum(self.counts[cause] for cause in RETRIEVAL_CAUSES)

    @property
    def model_count(self) -> int:
        """How many cases failed although the model had the evidence."""
        return sum(self.counts[cause] for cause in MODEL_CAUSES)

    @property
    def guesses(self) -> int:
        """How many causes rest on a guess of the evidence."""
        return sum(row.is_guess and row.cause != UNKNOWN for row in self.rows)

    def of(self, case_ids: Collection[str]) -> CauseReport:
        """Return the report of some of the cases: another set of scorers fails fewer."""
        kept = tuple(row for row in self.rows if row.case_id in case_ids)
        return replace(self, rows=kept, counts=count_causes(kept))

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a failing case."""
        import pandas as pd

        names = [field.name for field in fields(CauseRow)]
        return pd.DataFrame(
            [{name: getattr(row, name) for name in names} for row in self.rows], columns=names
        )

    def to_bytes(self) -> bytes:
        """Return what is kept beside the run."""
        return canonical_json(self.to_dict())


Attribution: TypeAlias = (
    "Callable[[str, str, Sequence[Sample], Sequence[Case]], CauseReport | None]"
)
"""(run id, prompt, samples, cases) -> the causes, None where no failing case carries retrieval."""


def unattributed(run_id: str, prompt: str, problem: str) -> CauseReport:
    """Return the report of a run of which no cause can be told."""
    return CauseReport(
        run_id=run_id,
        prompt=prompt,
        corpora=(),
        index_then=(),
        index_now=(),
        depth=0,
        counts=count_causes(()),
        rows=(),
        problem=problem,
    )


def count_causes(rows: Iterable[CauseRow]) -> dict[str, int]:
    """Count the rows of each class, in the order of the classes."""
    found = Counter(row.cause for row in rows)
    return {cause: found[cause] for cause in CAUSES}


def masked_report(report: CauseReport) -> CauseReport:
    """Mask secrets and personal data in what the report quotes of documents and questions."""
    rows = tuple(
        replace(
            row,
            why=redact(row.why),
            question=redact(row.question),
            document_id=redact(row.document_id),
            evidence=redact(row.evidence),
            retrieved=tuple(map(redact, row.retrieved)),
        )
        for row in report.rows
    )
    return replace(
        report,
        rows=rows,
        remarks=tuple(map(redact, report.remarks)),
        problem=redact(report.problem),
    )


def report_from(body: Mapping[str, Any]) -> CauseReport:
    """Read what ``to_bytes`` wrote."""
    known = {field.name for field in fields(CauseReport)}
    values = {name: value for name, value in body.items() if name in known}
    lists = ("corpora", "index_then", "index_now", "remarks")
    rows = tuple(CauseRow(**{**row, "retrieved": tuple(row["retrieved"])}) for row in body["rows"])
    counts = {cause: body["counts"].get(cause, 0) for cause in CAUSES}  # JSON sorts its keys
    tuples = {each: tuple(values[each]) for each in lists}
    return CauseReport(**{**values, **tuples, "rows": rows, "counts": counts})
