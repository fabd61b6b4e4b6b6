"""The cache of answers as a whole: what is in it, what it saved, and taking answers out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record, format_time, utc_now
from llmops_magics.tracing import semconv

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.config.settings import CacheSettings
    from llmops_magics.storage.store import Store

SEMANTIC_OFF = (
    "Semantic caching is off, and this version has no look-up for it: what false hits it would "
    "give on your questions, `llmops cache measure-semantic` says."
)


@dataclass(frozen=True, kw_only=True)
class CachedModel:
    """The stored answers of one model; ``size_bytes`` is that of their JSON."""

    model: str
    answers: int
    size_bytes: int
    oldest_at: str
    newest_at: str


@dataclass(frozen=True, kw_only=True)
class CacheStatus(Record):
    """What the cache holds, and what it saved as far as spans are kept.

    ``saved_usd`` adds up what the answers had cost; ``unpriced_hits`` of ``hits`` had no known
    price.
    """

    kind: ClassVar[str] = "cache-status"

    answers: int
    size_bytes: int
    oldest_at: str
    max_answers: int
    max_age_days: float
    models: tuple[CachedModel, ...]
    hits: int
    unpriced_hits: int
    saved_usd: Decimal
    semantic: str = SEMANTIC_OFF

    def to_pandas(self) -> pd.DataFrame:
        """One row a model: answers, bytes, oldest and newest."""
        import pandas as pd

        return pd.DataFrame([vars(each) for each in self.models])


@dataclass(frozen=True, kw_only=True)
class CacheChange(Record):
    """What was taken out of the cache; ``model`` is whose answers, "" for every model's."""

    kind: ClassVar[str] = "cache-change"

    action: str
    model: str = ""
    removed: int
    left: int


class StoredAnswers:
    """The operations on a workspace's stored answers; ``flush`` writes what is still in memory."""

    def __init__(
        self, store: Store, settings: CacheSettings, flush: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._settings = settings
        self._flush = flush

    def status(self) -> CacheStatus:
        """Count answers and what they saved."""
        from llmops_magics.models.answer_census import census

        self._flush()
        found = census(self._store)
        hits, unpriced, saved_usd = self._savings()
        return CacheStatus(
            answers=found.answers,
            size_bytes=found.size_bytes,
            oldest_at=found.oldest_at,
            max_answers=self._settings.max_answers,
            max_age_days=self._settings.max_age_days,
            models=tuple(CachedModel(**each._asdict()) for each in found.models),
            hits=hits,
            unpriced_hits=unpriced,
            saved_usd=saved_usd,
        )

    def clear(self, model: str = "") -> CacheChange:
        """Delete all answers, or one model's."""
        from llmops_magics.models.answer_census import census, clear

        self._flush()
        removed = clear(self._store, model)
        left = census(self._store).answers
        return CacheChange(action="clear", model=model, removed=removed, left=left)

    def prune(
        self, *, max_age_days: float | None = None, max_answers: int | None = None
    ) -> CacheChange:
        """Delete what is older, and the oldest of what is more; left out, as the settings say."""
        from llmops_magics.models.answer_census import census, prune

        self._flush()
        days = self._settings.max_age_days if max_age_days is None else max_age_days
        most = self._settings.max_answers if max_answers is None else max_answers
        before = census(self._store).answers
        prune(self._store, format_time(utc_now() - timedelta(days=days)), most)
        left = census(self._store).answers
        return CacheChange(action="prune", removed=before - left, left=left)

    def _savings(self) -> tuple[int, int, Decimal]:
        """Return hits, those without a price, and the sum of the others, from the spans.

        A span without the attribute is left to the database: only hits are read.
        """
        from sqlalchemy import select

        from llmops_magics.storage.table import span

        hit = span.c.attributes[semconv.CACHE_HIT].as_boolean()
        saved = span.c.attributes[semconv.SAVED_COST_USD].as_string()
        hits = unpriced = 0
        total = Decimal(0)
        with self._store.read() as connection:
            for (text,) in connection.execute(select(saved).where(hit.is_(True))):
                hits += 1
                amount = _amount(text)
                unpriced += amount is None
                total += amount or 0
        return hits, unpriced, total


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
