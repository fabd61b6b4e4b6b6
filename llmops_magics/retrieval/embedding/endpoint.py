"""An embedder behind an OpenAI-compatible endpoint: calls through the workspace's model client.

So they are traced, priced, held to limits, caps and budgets, and tried again, as chat calls are.
Texts go in batches by number and by size, several at once; vectors come back in the texts' order
and as the endpoint gave them (not brought to length 1: the distance space is cosine).

What an endpoint serves under a model's name it may change any day, and nothing tells. Its identity
is therefore what is known: the base URL, the model's name, the one it says answered, the
dimension and the parameters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from llmops_magics.errors import RetrievalError
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.loop import LOOP
from llmops_magics.record import digest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.models.client import ModelClient

    Vectors = npt.NDArray[np.float32]

CALL_TEXTS = 64  # an endpoint of one's own often takes no more; OpenAI 2,048
CALL_BYTES = 200_000  # OpenAI takes 300,000 tokens a call, and a token has a byte or more
CALLS_AT_ONCE = 8
PROBE = "dimension"
# What OpenAI reads of a text; of other models only their servers know.
KNOWN_LIMITS: Mapping[str, int] = {
    "text-embedding-3-small": 8192,
    "text-embedding-3-large": 8192,
    "text-embedding-ada-002": 8192,
}


class _Probe(NamedTuple):
    """What the first answer said."""

    dimension: int
    model: str


class EndpointEmbedder:
    """Embeds with the model ``<endpoint>/<model>``; asked once for its dimension.

    ``address`` is the endpoint's base URL. ``settings`` go with every call (``dimensions``, say).
    An endpoint has no empty text: a blank one is refused.
    """

    batch_texts = CALL_TEXTS * CALLS_AT_ONCE

    def __init__(
        self,
        client: ModelClient,
        model: str,
        *,
        address: str,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
        call_texts: int = CALL_TEXTS,
    ) -> None:
        self._client = client
        self._model = model
        self._address = address
        self._settings = dict(settings or {})
        self._call_texts = call_texts
        self.max_tokens = max_tokens or KNOWN_LIMITS.get(model.partition("/")[2])

    @property
    def name(self) -> str:
        """The spec that gives this embedder again: model, endpoint and what is sent along."""
        return f"{self._model}?{urlencode(self._settings)}" if self._settings else self._model

    @property
    def dimension(self) -> int:
        """Length of a vector; the first time, the endpoint is asked for one."""
        return self._probe.dimension

    @property
    def answering_model(self) -> str:
        """The model that the endpoint says answers: often the dated one behind a name."""
        return self._probe.model

    @cached_property
    def fingerprint(self) -> str:
        """Digest of address, model, the model that answers, dimension and parameters."""
        return digest(
            {
                "address": self._address,
                "model": self._model.partition("/")[2],
                "answering": self._probe.model,
                "dimension": self._probe.dimension,
                "settings": self._settings,
            }
        )

    @cached_property
    def _probe(self) -> _Probe:
        response = LOOP.run(self._call((PROBE,)))
        return _Probe(int(response.vectors.shape[1]), response.model)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension), rows in the order given.

        Raises ``RetrievalError`` for a blank text, and when another model or dimension answers
        than at first; ``ModelError`` for a call that fails for good.
        """
        import numpy as np

        blank = next((number for number, text in enumerate(texts) if not text.strip()), None)
        if blank is not None:
            raise RetrievalError(
                f"text {blank} of {len(texts)} is blank: {self.name} has no vector for it.",
                hint="Leave blank texts and questions out.",
            )
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        expected = self._probe
        responses = LOOP.run(self._call_all(list(batches(texts, self._call_texts))))
        for response in responses:
            self._check(response, expected)
        return np.concatenate([response.vectors for response in responses])

    async def _call_all(self, parts: Sequence[tuple[str, ...]]) -> list[EmbeddingResponse]:
        """Make the calls, a few at once; the first error ends them all."""
        free = asyncio.Semaphore(CALLS_AT_ONCE)

        async def call(part: tuple[str, ...]) -> EmbeddingResponse:
            async with free:
                return await self._call(part)

        tasks = [asyncio.ensure_future(call(part)) for part in parts]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _call(self, texts: tuple[str, ...]) -> EmbeddingResponse:
        return await self._client.embed(
            EmbeddingRequest(model=self._model, texts=texts, settings=self._settings)
        )

    def _check(self, response: EmbeddingResponse, expected: _Probe) -> None:
        found = _Probe(int(response.vectors.shape[1]), response.model)
        if found != expected:
            raise RetrievalError(
                f"{self.name} answered as {found.model} with {found.dimension} numbers a vector,"
                f" and before as {expected.model} with {expected.dimension}.",
                hint="Its model was changed meanwhile: build the index again.",
            )


def batches(
    texts: Sequence[str], most_texts: int = CALL_TEXTS, most_bytes: int = CALL_BYTES
) -> Iterator[tuple[str, ...]]:
    """Yield the texts in order, in calls that are small enough; a text that is not goes alone."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode("utf-8", "surrogatepass"))
        if batch and (len(batch) == most_texts or size + length > most_bytes):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield tuple(batch)
