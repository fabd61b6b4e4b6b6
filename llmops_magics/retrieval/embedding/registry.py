"""Embedders by their spec: ``local``, ``ENDPOINT/MODEL[?dimensions=…]``, ``chroma:NAME?{…}``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.embedding.embedder import Embedder
from llmops_magics.retrieval.embedding.function import FunctionEmbedder

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.models.client import ModelClient

DEFAULT_EMBEDDING = "local"
_SECRET = re.compile(
    r"(?:^|[_-])(?:api[_-]?key|access_key|secret|password|token|authorization)(?:$|[_-])",
    re.IGNORECASE,
)
_NUMBERS = ("dimensions", "max_tokens", "batch")


class Embedders:
    """Embedders by spec; each is made once, for its dimension is asked for with a call.

    ``client`` gives the model client that calls endpoints.
    """

    def __init__(
        self,
        settings: Settings,
        client: Callable[[], ModelClient],
    ) -> None:
        self._settings = settings
        self._client = client
        self._made: dict[str, Embedder] = {}

    def __call__(self, spec: str = DEFAULT_EMBEDDING) -> Embedder:
        """Return the embedder of a spec. Raises ``RetrievalError`` for one that names none.

        Of ``ENDPOINT/MODEL`` the parameters are ``dimensions`` (shorter vectors, where the model
        has them), ``max_tokens`` (what it reads of a text) and ``batch`` (texts a call).
        """
        if spec not in self._made:
            self._made[spec] = self._make(spec.strip())
        return self._made[spec]

    def _make(self, spec: str) -> Embedder:
        if spec in (DEFAULT_EMBEDDING, "", "local/minilm-l6-v2-int8"):
            from llmops_magics.models.local.embedding import get_embedder

            return get_embedder()
        kind, _, rest = spec.partition(":")
        if kind == "chroma":
            return self._of_chroma(rest)
        if "/" in spec:
            return self._of_endpoint(spec)
        raise RetrievalError(
            f"{spec!r} is no embedder.",
            hint="Write local, ENDPOINT/MODEL (such as openai/text-embedding-3-small) or "
            "chroma:NAME.",
        )

    def _of_endpoint(self, spec: str) -> Embedder:
        from llmops_magics.models.endpoint import address_of
        from llmops_magics.retrieval.embedding.endpoint import CALL_TEXTS, EndpointEmbedder

        model, _, query = spec.partition("?")
        given = _numbers(query)
        address, _ = address_of(model, self._settings)
        if address == "local":
            raise RetrievalError(
                f"{model!r} is no embedder: the embedded one is called local.",
                hint="Write --embedding local.",
            )
        dimensions = given.get("dimensions")
        return EndpointEmbedder(
            self._client(),
            model,
            address=address,
            max_tokens=given.get("max_tokens"),
            settings={} if dimensions is None else {"dimensions": dimensions},
            call_texts=given.get("batch", CALL_TEXTS),
        )

    def _of_chroma(self, rest: str) -> Embedder:
        from importlib.metadata import version

        from llmops_magics.retrieval.index.chroma import embedding_function

        name, _, text = rest.partition("?")
        config = _config(text)
        return FunctionEmbedder(
            embedding_function(name, config),
            f"chroma:{name}?{json.dumps(config, sort_keys=True)}" if config else f"chroma:{name}",
            config,
            release=f"chromadb {version('chromadb')}",
        )


def _config(text: str) -> dict[str, Any]:
    """Read a JSON object, in which no key may stand: it is stored and shown."""
    try:
        config = json.loads(text) if text else {}
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise RetrievalError(
            f"{text[:80]!r} is no JSON object.", hint='Write chroma:NAME?{"key": "value"}.'
        )
    if _holds_key(config):
        raise RetrievalError(
            "a key is no part of an embedder's name, which is stored and shown.",
            hint='Name the variable that holds it: {"api_key_env_var": "…"}.',
        )
    return config


def _holds_key(value: Any) -> bool:
    """Tell whether a configuration names a secret anywhere; the name of a variable is none."""
    if isinstance(value, list):
        return any(map(_holds_key, value))
    if not isinstance(value, dict):
        return False
    return any(
        (_SECRET.search(key) and not key.endswith("_env_var")) or _holds_key(own)
        for key, own in value.items()
    )


def _numbers(query: str) -> dict[str, int]:
    try:
        pairs = parse_qsl(query, strict_parsing=True) if query else []
        given = {key: int(value) for key, value in pairs}
    except ValueError:
        given = {"": 0}
    if not set(given) <= set(_NUMBERS) or any(number < 1 for number in given.values()):
        raise RetrievalError(
            f"{query!r} are no parameters of an embedder.",
            hint=f"There are {', '.join(_NUMBERS)}, each a whole number from 1: "
            "openai/text-embedding-3-small?dimensions=512.",
        )
    return given
