"""What goes to an embedding model and what comes back, whatever the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_magics.models.chat import Usage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class EmbeddingRequest:
    """One call for the vectors of some texts. ``model`` is ``<endpoint>/<model>``.

    ``settings`` go over the wire as they are (``dimensions``, say). ``timeout_s`` is the time one
    try may take, None the configured one. ``prompt_ref``, ``purpose`` and ``attributes`` go into
    the trace, never over the wire.
    """

    model: str
    texts: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    prompt_ref: str = ""
    purpose: str = "embed"
    attributes: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddingResponse:
    """One answer: ``vectors`` float32 of shape (texts, dimension), rows in the request's order.

    Vectors are as the endpoint gave them, of whatever length. The rest is as in ``ChatResponse``;
    of ``usage`` the output is 0.
    """

    vectors: npt.NDArray[np.float32]
    model: str
    usage: Usage | None
    latency_ms: float
    endpoint: str
    trace_id: str = ""
    cost_usd: str | None = None  # decimal text, None when the price is unknown
    retries: int = 0
    service_tier: str = ""
    price_source: str = ""
    price_since: str = ""
    billed_s: float | None = None
    system_fingerprint: str = ""
    cached: bool = False
