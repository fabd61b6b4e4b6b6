"""The records of a sweep: its plan, and its configurations with the chosen ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

CHOSEN, INCONCLUSIVE = "CHOSEN", "INCONCLUSIVE"


@dataclass(frozen=True, kw_only=True)
class PlannedTrial:
    """One pair of chunker and embedder: ``missing`` of its ``texts`` are not embedded yet.

    ``tokens`` and ``cost_usd`` are of those; a price that is not known is None.
    """

    chunker: str
    embedding: str
    chunks: int
    too_long: int
    texts: int
    missing: int
    tokens: int
    cost_usd: Decimal | None


@dataclass(frozen=True, kw_only=True)
class SweepPlan(Record):
    """What a sweep will take; nothing was searched. ``seconds`` of embedding, None if unknown."""

    kind: ClassVar[str] = "retrieval-sweep-plan"

    corpus: str
    queries: str
    query_count: int
    configurations: int
    retrievers: tuple[str, ...]
    ks: tuple[int, ...]
    trials: tuple[PlannedTrial, ...]
    seconds: float | None
    remarks: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many texts are to be embedded."""
        return sum(trial.missing for trial in self.trials)

    @property
    def cost_usd(self) -> Decimal | None:
        """What embedding them costs; None while a price is unknown."""
        costs = [trial.cost_usd for trial in self.trials]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    def to_pandas(self) -> pd.DataFrame:
        """One row a pair of chunker and embedder."""
        import pandas as pd

        return pd.DataFrame([vars(trial) for trial in self.trials])


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One configuration. ``scores`` are means by metric at its ``k``, None where not measured.

    ``low`` and ``high`` bound the chosen score at 95%, ``difference`` is from the best one's,
    paired by query, with its 95% interval and Holm's p-value; ``verdict`` is best, worse,
    doubtful (worse only if looked at alone) or within noise. ``context_tokens`` is the mean a
    query, what chunks share counted as often as it stands in the prompt; ``ms_per_query`` is that
    of embedding the question and searching in memory. ``tokens`` and ``cost_usd`` are what
    embedding all chunks takes; an unknown price is None.
    """

    chunker: str
    embedding: str
    retriever: str
    k: int
    scores: dict[str, float | None]
    low: float | None
    high: float | None
    n: int
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p_adjusted: float | None
    verdict: str
    context_tokens: float
    ms_per_query: float
    chunks: int
    too_long: int
    tokens: int
    cost_usd: Decimal | None
    is_current: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others of its sweep."""
        return name_of(self.chunker, self.embedding, self.retriever, self.k)


def name_of(chunker: str, embedding: str, retriever: str, k: int) -> str:
    """Return the name of a configuration."""
    return f"{chunker} | {embedding} | {retriever} | k={k}"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean or a difference with its 95% interval, over ``n`` queries."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: str = ""  # of a difference


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What the chosen ones score on queries that had no part in choosing them."""

    n: int
    best: Estimate
    cheapest: Estimate
    difference: Estimate  # the cheapest minus the best


@dataclass(frozen=True, kw_only=True)
class SweepChange:
    """What the cheapest would change of the corpus's index, and the line that builds it.

    Empty are the ``…_now`` where there is no index. ``gain`` is the score's difference from the
    index as it is cut and embedded now, searched in the same way. ``line`` is empty where the
    index is built so already.
    """

    chunker: str
    chunker_now: str
    embedding: str
    embedding_now: str
    chunks: int
    chunks_now: int | None
    gain: Estimate | None
    line: str


@dataclass(frozen=True, kw_only=True)
class SweepReport(Record):
    """Configurations, the best score first, on the same labelled queries.

    ``verdict`` is CHOSEN, or INCONCLUSIVE where ``reasons`` say that the figures choose nothing;
    ``best`` and ``cheapest`` are names of rows then "". ``chosen_on`` queries chose, ``optimism``
    is by how much choosing flatters the best's score, or more. ``held_out`` is there where some
    queries were kept out of it. ``embedded`` texts were embedded now, ``reused`` were there.
    """

    kind: ClassVar[str] = "retrieval-sweep"

    sweep_id: str
    corpus: str
    corpus_fingerprint: str
    queries: str
    queries_digest: str
    query_count: int
    excluded: int
    synthetic: int
    principal: str
    score: str
    margin: float
    holdout: float
    chosen_on: int
    verdict: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    best: str
    cheapest: str
    optimism: float
    held_out: HeldOut | None
    change: SweepChange | None
    embedded: int
    reused: int
    wall_s: float
    started_at: str
    rows: tuple[SweepRow, ...]

    def row(self, name: str) -> SweepRow:
        """Return a configuration by its name; ``UsageError`` for one that was not tried."""
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            raise UsageError(f"{name!r} was not tried.", hint="`rows` holds every configuration.")
        return found

    def to_pandas(self) -> pd.DataFrame:
        """One row a configuration, the best score first."""
        import pandas as pd

        return pd.DataFrame([_flat(self, row) for row in self.rows])


def _flat(report: SweepReport, row: SweepRow) -> dict[str, Any]:
    found: dict[str, Any] = {name: value for name, value in vars(row).items() if name != "scores"}
    chosen = {"is_best": row.name == report.best, "is_cheapest": row.name == report.cheapest}
    return found | row.scores | chosen


def report_of(body: dict[str, Any]) -> SweepReport:
    """Read what ``to_dict`` made."""
    values = {name: value for name, value in body.items() if name != "kind"}
    held_out, change = values["held_out"], values["change"]
    if held_out is not None:
        parts = {name: Estimate(**held_out[name]) for name in ("best", "cheapest", "difference")}
        held_out = HeldOut(n=held_out["n"], **parts)
    if change is not None:
        gain = change["gain"]
        change = SweepChange(**{**change, "gain": None if gain is None else Estimate(**gain)})
    texts = {name: tuple(values[name]) for name in ("reasons", "remarks")}
    rows = tuple(_row(row) for row in values["rows"])
    return SweepReport(**{**values, **texts, "held_out": held_out, "change": change, "rows": rows})


def _row(body: dict[str, Any]) -> SweepRow:
    cost_usd = body["cost_usd"]
    return SweepRow(**{**body, "cost_usd": None if cost_usd is None else Decimal(cost_usd)})
