"""How often a semantic cache would answer wrongly, measured on labelled pairs of questions.

A semantic cache answers a question with what was answered to another one whose vector is near.
Whether that can be done is a matter of the questions: pairs that must have different answers may
be nearer to each other than true paraphrases. So both rates are measured, at every threshold, with
intervals, before anybody may think of turning it on. The look-up itself is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.errors import DatasetError, UsageError
from llmops_magics.record import Record
from llmops_magics.statistics.interval import Interval
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

Embed = Callable[[Sequence[str]], Any]
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995)
MOST_FALSE = 0.01
MOST_PAIRS = 50_000
_WORDS = {"same": True, "different": False, "true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two questions, and whether the answer to one answers the other."""

    first: str
    second: str
    is_same: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of ``n`` pairs with Wilson's 95% interval; None where there is no pair."""

    hits: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class ThresholdRow:
    """What a threshold would do: ``hit`` of pairs that are the same, ``false_hit`` of others."""

    threshold: float
    hit: Rate
    false_hit: Rate


@dataclass(frozen=True, kw_only=True)
class NearPair:
    """One pair and how near its questions are: cosine, 1 for the same direction."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class SemanticMeasurement(Record):
    """What was measured; ``usable`` is the lowest threshold that could be thought of, or None.

    It is one whose false hits lie below ``most_false`` with their whole interval, and that hits at
    all. ``nearest_different`` are the pairs that would be answered wrongly first.
    """

    kind: ClassVar[str] = "semantic-measurement"

    source: str
    embedder: str
    same: int
    different: int
    most_false: float
    rows: tuple[ThresholdRow, ...]
    usable: float | None
    reason: str
    nearest_different: tuple[NearPair, ...] = ()
    farthest_same: tuple[NearPair, ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """One row a threshold: hit rate and false-hit rate with their intervals."""
        import pandas as pd

        return pd.DataFrame(
            {
                "threshold": row.threshold,
                "hit_rate": row.hit.rate,
                "hit_low": row.hit.low,
                "hit_high": row.hit.high,
                "false_hit_rate": row.false_hit.rate,
                "false_hit_low": row.false_hit.low,
                "false_hit_high": row.false_hit.high,
            }
            for row in self.rows
        )


def read_pairs(rows: Sequence[Mapping[str, Any]], source: str) -> tuple[Pair, ...]:
    """Read pairs from objects with ``a``, ``b`` and ``same`` (true, false, "same", "different").

    Raises ``DatasetError`` naming the row that is none, and for too many.
    """
    if len(rows) > MOST_PAIRS:
        raise DatasetError(f"{source} has {len(rows):,} pairs; at most {MOST_PAIRS:,} are read.")
    return tuple(_pair(row, f"{source}, pair {number}") for number, row in enumerate(rows, 1))


def _pair(row: Mapping[str, Any], where: str) -> Pair:
    first, second, label = row.get("a"), row.get("b"), row.get("same", row.get("label"))
    if not isinstance(first, str) or not isinstance(second, str):
        raise DatasetError(f"{where}: a and b must be texts.", hint=_FORM)
    is_same = label if isinstance(label, bool) else _WORDS.get(str(label).strip().lower())
    if is_same is None:
        raise DatasetError(f"{where}: same is {label!r}.", hint=_FORM)
    return Pair(first=first, second=second, is_same=is_same)


_FORM = 'A pair is {"a": "…", "b": "…", "same": true}: does the answer to a answer b?'


def measure(
    pairs: Sequence[Pair],
    embed: Embed,
    *,
    source: str = "",
    embedder: str = "",
    most_false: float = MOST_FALSE,
    thresholds: Sequence[float] = THRESHOLDS,
) -> SemanticMeasurement:
    """Measure hits and false hits at each threshold.

    Raises ``UsageError`` where pairs of either kind are missing, or a rate or threshold is none.
    """
    if not 0 < most_false < 1 or not all(0 < t <= 1 for t in thresholds):
        raise UsageError("A rate lies between 0 and 1, and so does a threshold.")
    near = similarities(pairs, embed)
    same = sorted((n for n, p in zip(near, pairs, strict=True) if p.is_same), key=_near)
    other = sorted((n for n, p in zip(near, pairs, strict=True) if not p.is_same), key=_near)
    if not same or not other:
        raise UsageError(
            f"{len(same)} pairs are the same and {len(other)} different: both kinds are needed.",
            hint="Label near misses as different: other amounts, dates, directions, negations.",
        )
    rows = tuple(
        ThresholdRow(threshold=t, hit=_rate(same, t), false_hit=_rate(other, t))
        for t in sorted(set(thresholds))
    )
    usable = next((row.threshold for row in rows if _is_usable(row, most_false)), None)
    return SemanticMeasurement(
        source=source,
        embedder=embedder,
        same=len(same),
        different=len(other),
        most_false=most_false,
        rows=rows,
        usable=usable,
        reason=_reason(rows, usable, most_false),
        nearest_different=tuple(reversed(other[-5:])),
        farthest_same=tuple(same[:5]),
    )


def similarities(pairs: Sequence[Pair], embed: Embed) -> list[NearPair]:
    """Return each pair with the cosine of its questions; a text is embedded once."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.first, pair.second)))
    place = {text: number for number, text in enumerate(texts)}
    vectors = embed(texts)
    return [
        NearPair(
            first=pair.first,
            second=pair.second,
            similarity=float(vectors[place[pair.first]] @ vectors[place[pair.second]]),
        )
        for pair in pairs
    ]


def _near(pair: NearPair) -> float:
    return pair.similarity


def _rate(pairs: Sequence[NearPair], threshold: float) -> Rate:
    hits = sum(pair.similarity >= threshold for pair in pairs)
    ends: Interval | None = wilson_interval(hits, len(pairs))
    return Rate(
        hits=hits,
        n=len(pairs),
        rate=hits / len(pairs) if pairs else None,
        low=ends.low if ends else None,
        high=ends.high if ends else None,
    )


def _is_usable(row: ThresholdRow, most_false: float) -> bool:
    high = row.false_hit.high
    return high is not None and high <= most_false and row.hit.hits > 0


def _reason(rows: Sequence[ThresholdRow], usable: float | None, most_false: float) -> str:
    if usable is not None:
        return f"From {usable:g} on, false hits lie below {most_false:.1%} with their interval."
    safe = [row for row in rows if (row.false_hit.high or 0.0) <= most_false]
    if safe:
        return f"No threshold works: where false hits lie below {most_false:.1%} nothing is hit."
    clean = [row for row in rows if not row.false_hit.hits]
    if clean and not any(row.hit.hits for row in clean):
        return "No threshold works: where no different pair is hit, none that is the same is."
    if clean:
        return (
            f"{rows[0].false_hit.n} different pairs are too few to show that false hits lie below "
            f"{most_false:.1%}: it takes about {round(3.84 / most_false - 3.84):,}."
        )
    least = min(row.false_hit.rate or 0.0 for row in rows)
    return f"No threshold works: at every one at least {least:.1%} of different pairs are hit."
