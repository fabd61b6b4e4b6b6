"""The failing cases of a run, with what each was given and what would have answered it.

A case fails as the run's summary says: a call that failed, an assertion that does not hold, or a
score that is missing. Only an assertion says that the answer is wrong; of the others no cause can
be told, and the reason stands in ``problem``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.errors import RetrievalError
from llmops_magics.evals.case_score import each_case
from llmops_magics.retrieval.context import Retrieved, retrieved_of
from llmops_magics.retrieval.measure.query import Relevant
from llmops_magics.retrieval.measure.reader import labels_of

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.run import Sample

RELEVANT: Final = "relevant"
CALL_FAILED: Final = "the call failed: there is no answer"
NO_SCORE: Final = "a score is missing, and none says that the answer is wrong"


@dataclass(frozen=True, kw_only=True)
class FailingCase:
    """One failing case; ``answers`` are those that an assertion says are wrong.

    ``labels`` are None where the case has none, ``problem`` says why no cause can be told.
    """

    case_id: str
    retrieved: Retrieved
    context: str = ""
    expected: Any = None
    answers: tuple[str, ...] = ()
    labels: tuple[Relevant, ...] | None = None
    problem: str = ""

    @property
    def question(self) -> str:
        """What was searched with."""
        return self.retrieved.question


def failing_cases(samples: Sequence[Sample], cases: Iterable[Case]) -> list[FailingCase]:
    """Return the failing cases that carry what was retrieved, in the order of the dataset.

    Cases are read as the dataset has them: what a sample repeats of them may be masked.
    """
    failed = {
        own[0].case_id: tuple(sample for sample in own if sample.failed)
        for own in each_case(samples)
        if any(sample.failed for sample in own)
    }
    if not failed:
        return []
    found = (
        (case, retrieved_of(case.inputs, case.metadata)) for case in cases if case.id in failed
    )
    return [_failing(case, given, failed[case.id]) for case, given in found if given is not None]


def _failing(case: Case, given: Retrieved, samples: Sequence[Sample]) -> FailingCase:
    wrong = [s for s in samples if not s.error and any(x.value is False for x in s.scores)]
    problem = "" if wrong else NO_SCORE
    if all(sample.error for sample in samples):
        problem = CALL_FAILED
    labels, fault = _labels(case)
    own = case.inputs.get(given.column)
    return FailingCase(
        case_id=case.id,
        retrieved=given,
        context=next((s.context for s in wrong if s.context), own if isinstance(own, str) else ""),
        expected=case.expected,
        answers=tuple(dict.fromkeys(sample.output for sample in wrong)),
        labels=labels,
        problem=problem or fault,
    )


def _labels(case: Case) -> tuple[tuple[Relevant, ...] | None, str]:
    """Return the labels that say something is relevant, and what is wrong with them."""
    written: Mapping[str, Any] = case.inputs if RELEVANT in case.inputs else case.metadata
    try:
        labels = labels_of(case.id, written)
    except RetrievalError as error:
        return None, f"its labels cannot be read: {error.message}"
    relevant = tuple(dict.fromkeys(label for label in labels if label.grade > 0))
    return relevant or None, ""
