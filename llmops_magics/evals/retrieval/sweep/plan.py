"""What a sweep will take, found out before it starts: chunks are cut and counted, none searched."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping

from llmops_magics.evals.retrieval.sweep.grid import Grid, base
from llmops_magics.evals.retrieval.sweep.record import PlannedTrial, SweepPlan
from llmops_magics.evals.retrieval.sweep.trial import Cut, Material, Progress, cut, groups
from llmops_magics.models.local.embedding import TruncationWarning
from llmops_magics.record import digest_bytes
from llmops_magics.retrieval.embedding.cached import embed_cached
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.search.spec import LEXICAL

LOCAL = "local/"
SAMPLED = 8  # texts that are embedded to learn how long the rest will take


class Planning:
    """Counts what the trials of a grid have to embed; a text that two of them share counts once."""

    def __init__(self, material: Material, grid: Grid, on_progress: Progress | None = None) -> None:
        self._material = material
        self._grid = grid
        self._tell = on_progress
        self._seen: dict[str, set[str]] = {}
        self._sample: dict[str, int] = {}
        self._has_others = False

    def plan(self, queries: str, query_count: int, remarks: tuple[str, ...]) -> SweepPlan:
        """Return the plan. Vectors of the few texts that were timed are kept."""
        trials = []
        configurations = 0
        for group in groups(self._grid, self._material):
            own = cut(self._material, group, self._tell)
            for place, (embedding, embedder) in enumerate(group.embedders.items()):
                trials.append(self._trial(own, embedding, embedder))
                names = [r for r in self._grid.retrievers if not place or base(r) != LEXICAL]
                configurations += len(names) * len(self._grid.ks)
        return SweepPlan(
            corpus=self._material.corpus,
            queries=queries,
            query_count=query_count,
            configurations=configurations,
            retrievers=self._grid.retrievers,
            ks=self._grid.ks,
            trials=tuple(trials),
            seconds=self._seconds(sum(trial.tokens for trial in trials)),
            remarks=remarks,
        )

    def _trial(self, own: Cut, embedding: str, embedder: Embedder) -> PlannedTrial:
        missing = self._missing(own, embedder) if self._grid.needs_vectors else {}
        if missing and embedder.name.startswith(LOCAL):
            self._sample = self._sample or _typical(missing)
        elif missing:
            self._has_others = True
        tokens = sum(missing.values())
        return PlannedTrial(
            chunker=own.chunked.chunker,
            embedding=embedding,
            chunks=len(own.chunked.chunks),
            too_long=own.too_long(embedder),
            texts=len(own.texts),
            missing=len(missing),
            tokens=tokens,
            cost_usd=self._material.price(embedder, tokens),
        )

    def _missing(self, own: Cut, embedder: Embedder) -> dict[str, int]:
        """Return the texts without a vector that no trial before this one will make."""
        seen = self._seen.setdefault(embedder.fingerprint, set())
        digests = {text: digest_bytes(text.encode()) for text in own.texts}
        wanted = {text: each for text, each in digests.items() if each not in seen}
        seen.update(wanted.values())
        cache = self._material.cache
        known: Mapping[str, object] = {}
        if cache is not None:
            known = cache.get(embedder.fingerprint, list(wanted.values()), embedder.dimension)
        return {text: own.texts[text] for text, each in wanted.items() if each not in known}

    def _seconds(self, tokens: int) -> float | None:
        """Return how long the embedded model takes, by a few texts; of others nobody knows."""
        if self._has_others:
            return None
        if not self._sample:
            return 0.0
        embedder = self._material.embedders("local")
        first, *rest = self._sample
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncationWarning)
            embed_cached(embedder, [first], self._material.cache)  # loads the model
            clock = time.perf_counter()
            embed_cached(embedder, rest, self._material.cache)
        limit = getattr(embedder, "max_tokens", None) or tokens
        read = sum(min(self._sample[text], limit) for text in rest)
        return (time.perf_counter() - clock) * tokens / read if read else 0.0


def _typical(texts: Mapping[str, int]) -> dict[str, int]:
    """Return a few texts of middling length."""
    ordered = sorted(texts.items(), key=lambda item: item[1])
    middle = max(0, len(ordered) // 2 - SAMPLED // 2)
    return dict(ordered[middle : middle + SAMPLED + 1])
