"""Vectors of texts for scorers, computed off the event loop."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

from llmops_magics.errors import ScorerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.scorers.contract import ScorerContext, Vectors


async def embed_texts(context: ScorerContext, texts: Sequence[str]) -> Vectors:
    """Return unit rows of shape (texts, dimension); a vector of zeros stays one.

    Raises ``ScorerError`` when there is no embedder or it returns another number of rows.
    """
    import numpy as np

    if context.embed is None:
        raise ScorerError("No embedding model is available.", hint="Configure one in llmops.toml.")
    result = await asyncio.to_thread(context.embed, texts)
    if inspect.isawaitable(result):
        result = await result
    vectors = np.asarray(result, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ScorerError(f"The embedder returned shape {vectors.shape} for {len(texts)} texts.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.where(lengths == 0, 1, lengths)
    return unit
