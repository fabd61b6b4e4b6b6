"""What an index needs of an embedder, and the check of what one returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from llmops_magics.errors import RetrievalError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Embedder(Protocol):
    """Turns texts into vectors. ``fingerprint`` changes whenever a text's vector could.

    An embedder may have more: ``max_tokens`` that it reads of a text, with those it adds itself;
    ``tokenizer`` (``chunking.Tokenizer``) and ``count_tokens(text)``; ``batch_texts``, how many
    texts it is best given at once.
    """

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Digest of all that a vector depends on besides the text."""
        ...

    def embed(self, texts: Sequence[str]) -> Any:
        """Return an array of shape (len(texts), dimension), rows in the order given."""
        ...


def embed_checked(embedder: Embedder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Embed texts; float32 of shape (texts, dimension).

    Raises ``RetrievalError`` for another shape and for rows with which no cosine can be taken.
    """
    import numpy as np

    vectors = np.asarray(embedder.embed(texts), dtype=np.float32)
    if vectors.shape != (len(texts), embedder.dimension):
        raise RetrievalError(
            f"{embedder.name} returned shape {vectors.shape} for {len(texts)} texts;"
            f" expected {(len(texts), embedder.dimension)}.",
            hint="Check the embedder's `dimension` and that it returns one row a text.",
        )
    usable = np.isfinite(vectors).all(axis=1) & (np.abs(vectors).max(axis=1, initial=0) > 0)
    if not usable.all():
        row = int(np.flatnonzero(~usable)[0])
        raise RetrievalError(
            f"{embedder.name} returned a zero or non-finite vector for {texts[row][:60]!r}.",
            hint="No cosine similarity can be taken with it: check the embedder.",
        )
    return vectors
