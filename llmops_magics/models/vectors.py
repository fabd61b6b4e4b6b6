"""Read the vectors out of an answer: floats or base64, in the order that was asked for.

Every row is there exactly once, all are of one length and every number is finite; what is not so
is a ``BadResponseError``. Which texts rows belong to is told by their ``index``, where they have
one: an endpoint may answer in another order.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import BadResponseError
from llmops_magics.models.chat import Usage
from llmops_magics.models.embedding import EmbeddingResponse

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.models.endpoint import Endpoint


def read_embeddings(
    answer: Any, endpoint: Endpoint, count: int, latency_ms: float
) -> EmbeddingResponse:
    """Return what an endpoint answered to ``count`` texts. Raises ``BadResponseError``."""
    try:
        vectors = _stacked(_ordered(answer["data"], count))
        return EmbeddingResponse(
            vectors=vectors,
            model=str(answer.get("model") or endpoint.model),
            usage=_usage(answer.get("usage")),
            latency_ms=latency_ms,
            endpoint=endpoint.name,
            service_tier=str(answer.get("service_tier") or ""),
            system_fingerprint=str(answer.get("system_fingerprint") or ""),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        why = error.args[0] if isinstance(error, _FaultError) else "that is no list of embeddings"
        raise BadResponseError(
            f"{endpoint.where} answered with something wrong: {why}.",
            hint="Check that the base URL is that of an OpenAI-compatible API (often …/v1), and "
            "that the model is one for embeddings.",
            may_be_billed=True,
        ) from error


class _FaultError(ValueError):
    """What exactly is wrong with an answer."""


def _ordered(data: Sequence[Mapping[str, Any]], count: int) -> list[Any]:
    if len(data) != count:
        raise _FaultError(f"{len(data)} vectors for {count} texts")
    rows: dict[int, Any] = {}
    for place, item in enumerate(data):
        index = item.get("index")
        rows[place if index is None else int(index)] = item["embedding"]
    if set(rows) != set(range(count)):
        raise _FaultError("the numbers of its vectors are not those of the texts")
    return [rows[place] for place in range(count)]


def _stacked(rows: Sequence[Any]) -> npt.NDArray[np.float32]:
    import numpy as np

    vectors = [_vector(row) for row in rows]
    lengths = sorted({len(vector) for vector in vectors})
    if len(lengths) != 1 or lengths[0] == 0:
        raise _FaultError(f"vectors of {' and '.join(map(str, lengths[:3]))} numbers")
    stacked = np.stack(vectors)
    if not np.isfinite(stacked).all():
        raise _FaultError("a vector with a number that is not finite")
    return stacked


def _vector(value: Any) -> npt.NDArray[np.float32]:
    import numpy as np

    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4")
    with np.errstate(over="ignore"):  # too large a number is not finite, and said to be
        vector = np.asarray(value, dtype=np.float32)
    if vector.ndim != 1:
        raise _FaultError(f"an embedding of {vector.ndim} dimensions (one a token?)")
    return vector


def _usage(usage: Mapping[str, Any] | None) -> Usage | None:
    """Return what was counted; servers of one's own often count nothing, or say 0 or null."""
    if not usage:
        return None
    tokens = usage.get("prompt_tokens") or usage.get("total_tokens")
    return Usage(input_tokens=int(tokens), output_tokens=0) if tokens else None
