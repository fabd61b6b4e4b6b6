"""An embedder made of a function from texts to vectors, such as Chroma's embedding functions.

What such a function runs cannot be seen from outside. Its identity is its name, its configuration
and the release of the package it comes from; the dimension is asked for once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from llmops_magics.errors import RetrievalError
from llmops_magics.record import digest
from llmops_magics.redaction import redact

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

PROBE = "dimension"


class EmbeddingFunction(Protocol):
    """What Chroma calls an embedding function."""

    def __call__(self, input: list[str]) -> Any:  # noqa: A002 -- Chroma's own name
        """Return one vector a text."""
        ...


class FunctionEmbedder:
    """Embeds with a function. ``name`` and ``config`` tell which one; no key is among them."""

    def __init__(
        self,
        function: EmbeddingFunction,
        name: str,
        config: Mapping[str, Any],
        *,
        release: str = "",
        max_tokens: int | None = None,
    ) -> None:
        self._function = function
        self.name = name
        self._config = dict(config)
        self._release = release
        self.max_tokens = max_tokens

    @cached_property
    def dimension(self) -> int:
        """Length of a vector; the function is asked for one."""
        return int(self._vectors([PROBE]).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Digest of name, configuration, release and dimension."""
        return digest([self.name, self._config, self._release, self.dimension])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension), as the function gives them."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._vectors(list(texts))

    def _vectors(self, texts: list[str]) -> Vectors:
        import numpy as np

        try:
            vectors = np.asarray(self._function(texts), dtype=np.float32)
        except Exception as error:  # noqa: BLE001  (whatever it is)
            raise RetrievalError(
                f"{self.name} raised {type(error).__name__}: {redact(str(error))[:200]}.",
                hint="Its configuration, or the package that it needs, may be missing.",
            ) from None  # an endpoint may repeat the key, and the frames hold it
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise RetrievalError(
                f"{self.name} returned shape {vectors.shape} for {len(texts)} texts."
            )
        return vectors
