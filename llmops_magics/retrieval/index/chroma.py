"""The one module that imports Chroma: its clients, embedded and of a server, and its errors.

Chroma 1.5 embedded is not safe over processes: a reader with a client from before a write ranks
new texts by old vectors, and a second opener can hang for minutes. So an embedded client lives
only inside a ``with`` block, behind a file lock, and is opened anew each time.

Vectors are always handed over and a collection's configuration is never read: from a text or the
configuration, Chroma would load the embedding function that the collection names, whatever it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmops_magics.errors import RetrievalError
from llmops_magics.redaction import redact
from llmops_magics.retrieval.index.lock import locked
from llmops_magics.storage.private import private_folder

if TYPE_CHECKING:
    from llmops_magics.retrieval.embedding.function import EmbeddingFunction

OPEN_TIMEOUT_S = 60
TOKEN_VARIABLE = "LLMOPS_CHROMA_TOKEN"  # noqa: S105 -- the name of a variable
_PORTS = {"http": 80, "https": 443}


@contextmanager
def embedded_client(folder: Path) -> Iterator[Any]:
    """Open Chroma on a folder for this block, and release every handle at its end.

    Raises ``RetrievalError`` if others hold it for over 60 s, or if Chroma cannot read it.
    """
    import chromadb
    from chromadb.errors import ChromaError

    private_folder(folder)  # or Chroma makes one that others may read
    path = str(folder.resolve())  # Chroma's process-wide cache of clients goes by this text
    with locked(folder.with_name(f"{folder.name}.lock"), OPEN_TIMEOUT_S):
        client: Any = None
        try:
            client = chromadb.PersistentClient(path=path, settings=_settings())
            yield client
        except ChromaError as error:
            raise RetrievalError(
                f"the index in {folder} cannot be used: {str(error)[:200]}.",
                hint="Delete that folder and build the index again.",
            ) from error
        finally:
            if client is not None:
                client.close()


@contextmanager
def server_client(url: str) -> Iterator[Any]:
    """Connect to a Chroma server for this block.

    ``LLMOPS_CHROMA_TOKEN``, if set, goes along as a bearer token. Raises ``RetrievalError`` when
    the server does not answer, or stops to.
    """
    import chromadb
    import httpx
    from chromadb.errors import ChromaError

    address = urlsplit(url)
    client: Any = None
    try:
        client = chromadb.HttpClient(
            host=address.hostname or "localhost",
            port=address.port or _PORTS.get(address.scheme, 80),
            ssl=address.scheme == "https",
            headers=_headers(),
            settings=_settings(),
        )
        yield client
    except (httpx.HTTPError, ConnectionError) as error:
        raise _unreachable(url, error) from None  # its frames hold the token
    except ValueError as error:  # what the client makes of a refused connection
        if "connect" not in str(error).lower():
            raise
        raise _unreachable(url, error) from None
    except ChromaError as error:
        raise RetrievalError(
            f"the Chroma server {url} refused: {redact(str(error))[:200]}.",
            hint="See its log; the index that was in use stays in use.",
        ) from None
    finally:
        if client is not None:
            client.close()


def missing_error() -> type[Exception]:
    """Return what a client raises for a collection that is not there."""
    from chromadb.errors import NotFoundError

    return NotFoundError


def embedding_function(name: str, config: Mapping[str, Any]) -> EmbeddingFunction:
    """Build one of Chroma's own embedding functions from its registered name.

    Raises ``RetrievalError`` for an unknown name, a missing package and a wrong configuration.
    """
    from chromadb.utils.embedding_functions import known_embedding_functions

    known: Mapping[str, Any] = known_embedding_functions
    if name not in known:
        raise RetrievalError(
            f"Chroma has no embedding function {name[:60]!r}.",
            hint=f"It has {', '.join(sorted(known))}.",
        )
    try:
        built: EmbeddingFunction = known[name].build_from_config(dict(config))
    except Exception as error:  # noqa: BLE001  (whatever it is)
        raise RetrievalError(
            f"chroma:{name} cannot be made: {type(error).__name__}: {redact(str(error))[:200]}.",
            hint="Check its configuration, and that the package it needs is installed.",
        ) from None  # its frames hold the key that it took from the environment
    return built


def _settings() -> Any:
    """Return settings of a client's own: it writes into them."""
    return _base_settings().model_copy()


@cache
def _base_settings() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)  # 50 ms, for it looks into the environment


def _headers() -> dict[str, str] | None:
    token = os.environ.get(TOKEN_VARIABLE)
    return {"Authorization": f"Bearer {token}"} if token else None


def _unreachable(url: str, error: Exception) -> RetrievalError:
    said = redact(str(error))[:200] or type(error).__name__
    return RetrievalError(
        f"the Chroma server {url} does not answer: {said}.",
        hint="Start it (chroma run) and run this again: what was embedded is kept, and the index"
        " that was in use stays in use.",
    )
