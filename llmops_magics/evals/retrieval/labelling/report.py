"""The record of a labelling: how far it is, what was said, and how far people agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.evals.retrieval.labelling.label import RelevanceLabel
from llmops_magics.record import Record
from llmops_magics.statistics.agreement import ordinal_alpha

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.evals.retrieval.labelling.session import LabelSession

MAX_QUERIES = 200
SHOWN_CHARACTERS = 400


@dataclass(frozen=True, kw_only=True)
class LabelledQuery:
    """One query: how many of its passages anybody graded, and how many of them as relevant."""

    query_id: str
    text: str
    pooled: int
    graded: int
    relevant: int
    contested: int  # passages that people gave different grades


@dataclass(frozen=True, kw_only=True)
class LabelAgreement:
    """How far people agree on the passages that two or more graded.

    ``alpha`` is Krippendorff's for ordered grades: 1 is agreement, 0 is what chance gives; None
    where it is not defined. ``same`` counts the pairs of labels that are equal.
    """

    passages: int
    pairs: int
    same: int
    alpha: float | None


@dataclass(frozen=True, kw_only=True)
class RelevanceLabelling(Record):
    """The state of a labelling at a moment; ``session`` goes on with it, and is not stored.

    ``own`` counts what ``labeller`` graded, ``graded`` what anybody did. ``elsewhere`` are labels
    of these queries on spans that are in no pool now, ``outdated`` those whose text has changed.
    ``dataset`` is the version that the labels were written to, ``written`` the file of the pool.
    """

    kind: ClassVar[str] = "relevance-labelling"

    corpus: str
    index_fingerprint: str
    queries: str
    query_count: int
    retrievers: tuple[str, ...]
    k: int
    labeller: str
    at: str
    pooled: int
    own: int
    graded: int
    grades: dict[str, int]  # of the joint grade, by grade
    elsewhere: int
    outdated: int
    labellers: dict[str, int]
    agreement: LabelAgreement
    per_query: tuple[LabelledQuery, ...]  # at most 200 of them
    remarks: tuple[str, ...] = ()
    dataset: str = ""
    dataset_cases: int = 0
    written: str = ""
    session: LabelSession | None = field(
        default=None, repr=False, compare=False, metadata={"stored": False}
    )

    @property
    def open(self) -> int:
        """How many passages of the pool this labeller has not graded."""
        return self.pooled - self.own

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a query, of the first 200."""
        import pandas as pd

        return pd.DataFrame([vars(query) for query in self.per_query])


def agreement_of(labels: Sequence[Mapping[str, RelevanceLabel]]) -> LabelAgreement:
    """Return how far people agree, of the labels of each passage by person."""
    units = [
        [label.grade for label in own.values() if label.grade is not None]
        for own in labels
        if len(own) > 1
    ]
    pairs = [pair for unit in units for pair in combinations(unit, 2)]
    return LabelAgreement(
        passages=len(units),
        pairs=len(pairs),
        same=sum(a == b for a, b in pairs),
        alpha=ordinal_alpha(units),
    )
