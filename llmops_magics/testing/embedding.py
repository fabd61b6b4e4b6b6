"""Embeddings without a model: vectors that follow from the text alone.

A text's vector is the sum of one pseudo-random vector for each of its words (in lower case) and
one for the text as a whole, brought to length 1. So equal texts have equal vectors in every
process, different texts have different ones, and texts that share words are nearer to each other
than texts that share none: retrieval on top of it finds something. There is no meaning in it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from llmops_magics.testing.call import count_words
from llmops_magics.testing.payload import FINGERPRINT, Payload, json_payload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llmops_magics.testing.call import Call
    from llmops_magics.testing.reply import Reply

DIMENSION = 384


def embed_text(text: str, dimension: int = DIMENSION) -> NDArray[np.float32]:
    """Return the unit vector of ``text``, of shape ``(dimension,)``."""
    parts = [*text.lower().split(), text]
    vectors = np.array([_hash_vector(part, dimension) for part in parts], dtype=np.float64)
    total: NDArray[np.float64] = vectors.sum(axis=0)
    return np.divide(total, np.linalg.norm(total)).astype(np.float32)


@lru_cache(maxsize=4096)
def _hash_vector(text: str, dimension: int) -> NDArray[np.int32]:
    stream = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(4 * dimension)
    return np.frombuffer(stream, dtype="<i4")


def embedding_payload(reply: Reply, call: Call) -> Payload:
    """Return the vectors of the request's input, as floats or in base64, as it asks for."""
    texts = _texts(call.request["input"])
    dimension = int(call.request.get("dimensions") or DIMENSION)
    as_base64 = call.request.get("encoding_format") == "base64"
    vectors = [embed_text(text, dimension) for text in texts]
    data = [
        {"object": "embedding", "index": i, "embedding": _encode(v) if as_base64 else v.tolist()}
        for i, v in enumerate(vectors)
    ]
    tokens = reply.usage[0] if isinstance(reply.usage, tuple) else sum(map(count_words, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    model = reply.model or call.model
    body = {"object": "list", "data": data, "model": model, "usage": usage}
    return json_payload({**body, "system_fingerprint": FINGERPRINT})


def _encode(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def _texts(given: Any) -> list[str]:
    """Return one text an input: a text, a list of texts, or the same in token numbers."""
    if isinstance(given, str):
        return [given]
    if given and isinstance(given[0], int):
        return [" ".join(map(str, given))]
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in given]
