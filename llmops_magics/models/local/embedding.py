"""Sentence embeddings with all-MiniLM-L6-v2 (int8 weights, ONNX), in this process and offline.

A text has one vector: it depends neither on the texts it is embedded with nor on padding. The
weights are int8 but the arithmetic is float32 (they are dequantised when used, activations are
never quantised), and padded positions are masked. Measured: alone, in any order and in any batch
a text got the same vector to the last bit. Chroma's own model cache is neither read nor written.
"""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any

from llmops_magics.models.local.extra import require_extra
from llmops_magics.models.local.processor import usable_cores
from llmops_magics.models.local.tokenizer import get_tokenizer
from llmops_magics.models.local.weights import EMBEDDING, TOKENIZER, locate
from llmops_magics.record import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt
    from tokenizers import Encoding, Tokenizer

    Vectors = npt.NDArray[np.float32]


class TruncationWarning(UserWarning):
    """Texts were longer than the model reads: their ends do not count in their vectors."""


class MiniLmEmbedder:
    """Mean over the tokens' last hidden states, scaled to length 1.

    The model is loaded by the first ``embed``. One object may be used by many threads.
    """

    name = "local/minilm-l6-v2-int8"
    dimension = 384
    max_tokens = 256
    fingerprint = digest(
        {
            "model": EMBEDDING.sha256,
            "tokenizer": TOKENIZER.sha256,
            "max_tokens": max_tokens,
            "pooling": "mean",
            "norm": "l2",
        }
    )
    """Changes whenever the same text could get another vector."""
    tokenizer = get_tokenizer()

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, Any] | None = None

    def embed(self, texts: Sequence[str], *, batch_size: int = 16) -> Vectors:
        """Return one unit row a text, float32 of shape (len(texts), 384), in the order given.

        Warns once (``TruncationWarning``) with the number of texts above 256 tokens. An empty text
        has a vector like any other. Raises ``WeightsError`` when weights or packages are missing.
        """
        import numpy as np

        if isinstance(texts, str):
            raise TypeError("embed takes a sequence of texts, not one text: put it in a list.")
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not len(texts):
            return vectors
        tokenizer, session = self._load()
        encodings = [tokenizer.encode(text) for text in texts]  # its batch call starts threads
        _warn_of_truncation(encodings, self.max_tokens)
        for rows in _batches(encodings, batch_size):
            vectors[rows] = _run(session, [encodings[row] for row in rows])
        return vectors

    def count_tokens(self, text: str) -> int:
        """Return how many tokens of a text the model would read, were it not for its limit."""
        return self.tokenizer.count(text) + self.tokenizer.special_tokens

    def _load(self) -> tuple[Tokenizer, Any]:
        with self._loading:
            if self._loaded is None:
                require_extra("onnxruntime", "tokenizers")
                self._loaded = _open_tokenizer(self.max_tokens), _open_session()
            return self._loaded


_embedder = MiniLmEmbedder()


def get_embedder() -> MiniLmEmbedder:
    """Return the embedder that everything in this process shares."""
    return _embedder


def _open_tokenizer(max_tokens: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(locate(TOKENIZER.name)))
    tokenizer.enable_truncation(max_tokens)  # the file says 128
    tokenizer.no_padding()  # the file says 128: padding is done by batch
    return tokenizer


def _open_session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    options.log_severity_level = 3  # errors
    # Threads that spin between operators starve the chat server of the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = str(locate(EMBEDDING.name))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _warn_of_truncation(encodings: list[Encoding], max_tokens: int) -> None:
    truncated = sum(1 for encoding in encodings if encoding.overflowing)
    if truncated:
        warnings.warn(
            f"{truncated} of {len(encodings)} texts are longer than {max_tokens} tokens:"
            " only their beginnings are embedded. Split them into smaller chunks.",
            TruncationWarning,
            stacklevel=3,
        )


def _batches(encodings: list[Encoding], batch_size: int) -> Iterator[list[int]]:
    """Yield row numbers, texts of like length together, so that little is padded."""
    by_length = sorted(range(len(encodings)), key=lambda row: len(encodings[row].ids))
    for start in range(0, len(by_length), batch_size):
        yield by_length[start : start + batch_size]


def _run(session: Any, encodings: list[Encoding]) -> Vectors:
    import numpy as np

    width = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    (hidden,) = session.run(["last_hidden_state"], inputs)
    return pool(hidden, mask)


def pool(hidden: Vectors, mask: npt.NDArray[np.int64]) -> Vectors:
    """Average states (texts, tokens, dimensions) over unmasked tokens; scale rows to length 1."""
    import numpy as np

    weight = mask[:, :, None].astype(np.float32)
    mean = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
    unit: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return unit
