"""The record of an eval: samples, their scores, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.evals.cause.record import CauseReport


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one scorer said of one sample.

    The kind of ``value`` says what it means: bool is an assertion, a number a score, a string a
    label. ``None`` with ``applicable`` is a missing observation (the scorer failed, ``reason``
    tells how); ``None`` without is a case that this scorer has nothing to say about.
    """

    scorer: str
    value: bool | float | str | None
    reason: str = ""
    applicable: bool = True


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One case answered once. ``error`` is empty unless the call failed."""

    case_id: str
    repeat: int
    inputs: dict[str, Any]
    expected: Any
    output: str
    error: str
    scores: tuple[Score, ...]
    latency_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    tags: tuple[str, ...] = ()
    trace_id: str = ""
    group: str = ""  # of the case: cases of one group are alike, and errors are clustered by it
    model: str = ""  # what the endpoint says answered
    tool_calls: tuple[dict[str, Any], ...] = ()  # that the answer asks for, in OpenAI's form
    context: str = ""  # what the target retrieved, where it says so
    cached: bool = False  # a stored answer: its cost was paid before
    spent_usd: Decimal | None = None  # on this answer and on judging it, this time
    is_masked: bool = False  # the answer as it came is gone: it held what must not be written

    @property
    def failed(self) -> bool:
        """A call that failed, an assertion that does not hold, or a score that is missing."""
        return bool(self.error) or any(
            s.value is False or (s.value is None and s.applicable) for s in self.scores
        )

    def value(self, scorer: str) -> bool | float | str | None:
        """Return the value of one scorer, None where it is missing."""
        return next((s.value for s in self.scores if s.scorer == scorer), None)


@dataclass(frozen=True, kw_only=True)
class ScoreSummary:
    """One scorer over all cases.

    ``mean`` is over cases (repeats of a case are averaged first, never pooled as cases), None
    when nothing was observed. ``low`` and ``high`` bound the 95% interval by ``method``.
    ``n`` counts cases observed, ``missing`` cases that should have a score and have none,
    ``not_applicable`` the rest. ``groups`` is how many groups the cases fall into; None where each
    stands for itself, and error and interval are not clustered.

    Of assertions with repeats: ``pass_at_k`` is the chance that one of ``k`` answers to a case or
    more passes, ``pass_hat_k`` that all do, ``flake_rate`` the share of cases whose repeats
    disagree, ``discordance`` the share that two equal runs of one answer a case would flip.
    """

    scorer: str
    mean: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    missing: int
    not_applicable: int
    is_proportion: bool
    standard_error: float | None = None
    groups: int | None = None
    k: int | None = None
    pass_at_k: float | None = None
    pass_hat_k: float | None = None
    flake_rate: float | None = None
    discordance: float | None = None


@dataclass(frozen=True, kw_only=True)
class SliceDifference:
    """Candidate minus baseline on the cases with one tag; ``p_adjusted`` is over all slices."""

    tag: str
    difference: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    p_value: float | None
    p_adjusted: float | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class ScoreDifference:
    """Candidate minus baseline, paired by case, with a 95% interval by ``method``.

    ``p_value`` is of ``test``, two-sided; ``p_adjusted`` is Holm's over all scores compared.
    ``verdict`` is better or worse where that is at most 0.05 and the interval leaves out 0, else
    ``within noise``, or ``not measured``. ``missing`` counts common cases where a run lacks a
    score that it should have.
    """

    scorer: str
    difference: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    improved: tuple[str, ...]  # ids of the cases that got better
    regressed: tuple[str, ...]
    is_proportion: bool = False
    standard_error: float | None = None
    groups: int | None = None
    test: str = ""
    p_value: float | None = None
    p_adjusted: float | None = None
    verdict: str = ""
    missing: int = 0
    slices: tuple[SliceDifference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChanceFlips:
    """How often a score changes between two runs of one prompt: what chance alone does.

    ``flips`` of ``n`` cases have another value; ``rate`` is their share, with its 95% interval.
    ``spread`` is the standard deviation of the differences, ``p_value`` that of the two runs being
    alike, which they are unless something drifted.
    """

    scorer: str
    n: int
    flips: int
    rate: float | None
    low: float | None
    high: float | None
    spread: float | None
    p_value: float | None
    is_proportion: bool


@dataclass(frozen=True, kw_only=True)
class ChanceReport:
    """An A/A run: one prompt run twice on the same cases, and what changed all the same."""

    prompt: str  # name@number
    run_ids: tuple[str, str]
    common_cases: int
    scores: tuple[ChanceFlips, ...]

    def of(self, scorer: str) -> ChanceFlips | None:
        """Return the flips of one scorer, None where it did not score both runs."""
        return next((flips for flips in self.scores if flips.scorer == scorer), None)


@dataclass(frozen=True, kw_only=True)
class Comparison(Record):
    """A run beside its baseline, on the cases they share."""

    kind: ClassVar[str] = "comparison"

    baseline_run_id: str
    baseline_prompt: str  # name@number
    common_cases: int
    differences: tuple[ScoreDifference, ...]
    baseline_outputs: dict[str, str]  # by case id
    same_dataset: bool = True
    candidate_only: int = 0  # cases of one run alone
    baseline_only: int = 0
    changed: int = 0  # cases of both runs that ask or expect something else
    chance: ChanceReport | None = None
    candidate_prompt: str = ""  # name@number


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """The totals of a run; costs in US dollars, latencies in milliseconds.

    ``cost_usd`` is what the answers cost when they were made, so that it is the same whether they
    came from the cache or not; ``spent_usd`` is what this run paid, judges included.
    """

    samples: int
    cases: int
    errors: int
    failed_cases: tuple[str, ...]
    scores: tuple[ScoreSummary, ...]
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    unpriced_samples: int
    wall_s: float
    cached_samples: int = 0  # answered from the cache, at no cost
    spent_usd: Decimal = Decimal(0)  # on answers and judges, this time


@dataclass(frozen=True, kw_only=True)
class EvalRun(Record):
    """A finished eval of one prompt version on one dataset version."""

    kind: ClassVar[str] = "eval-run"

    run_id: str
    prompt: str  # name@number
    prompt_digest: str
    dataset: str
    dataset_digest: str
    model: str
    resolved_models: tuple[str, ...]  # what the endpoint said it was
    repeats: int
    started_at: str
    summary: RunSummary
    samples: Sequence[Sample]  # of a large run they are read from the store as they are asked for
    scorer_digests: dict[str, str] = field(default_factory=dict)
    judges: dict[str, dict[str, str]] = field(default_factory=dict)  # by scorer: who judged
    settings: dict[str, Any] = field(default_factory=dict)  # that stood in for the prompt's own
    rows_artifact: str = ""  # the digest of the file that holds every sample whole
    comparison: Comparison | None = None
    chance: ChanceReport | None = None  # of an A/A run
    causes: CauseReport | None = None  # why cases failed, where they carry what was retrieved
    causes_artifact: str = ""  # the digest of the file that holds that

    def to_pandas(self) -> pd.DataFrame:
        """One row a sample: inputs, expected, output, error, one column a score, cost, latency."""
        import pandas as pd

        return pd.DataFrame([_row(sample) for sample in self.samples])


def _row(sample: Sample) -> dict[str, Any]:
    return {
        "case_id": sample.case_id,
        "repeat": sample.repeat,
        **{f"input.{name}": value for name, value in sample.inputs.items()},
        "expected": sample.expected,
        "output": sample.output,
        "error": sample.error,
        **{score.scorer: score.value for score in sample.scores},
        "latency_ms": sample.latency_ms,
        "input_tokens": sample.input_tokens,
        "output_tokens": sample.output_tokens,
        "cost_usd": sample.cost_usd,
    }
