"""An answer or a failure as a JSON object, and back again without a difference.

Unlike ``answer``, which keeps what a cache needs, this keeps all that the endpoint and the pricing
said, so that who gets it again decides the same. Vectors are base64 of little-endian float32.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from llmops_magics import errors
from llmops_magics.errors import EndpointError, LlmopsError, ModelError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.record import digest, to_jsonable
from llmops_magics.redaction import redact, redact_value
from llmops_magics.testing.payload import FINGERPRINT, ID_PREFIX

MAX_VECTOR_BYTES = 8 * 1024 * 1024
_OF_THE_CALL = frozenset({"endpoint", "trace_id", "cached", "vectors"})
_OF_A_FAILURE = ("is_transient", "retry_after_s", "may_be_billed", "tries")


def write_chat(response: ChatResponse) -> dict[str, Any]:
    """Return everything of an answer that is not of this one call."""
    return _written(response)


def write_embedding(response: EmbeddingResponse) -> dict[str, Any]:
    """Return everything of an answer with its vectors; without them where they are too many."""
    vectors = response.vectors.astype("<f4")
    body: dict[str, Any] = {**_written(response), "shape": list(vectors.shape)}
    if vectors.nbytes <= MAX_VECTOR_BYTES:
        body["vectors"] = base64.b64encode(vectors.tobytes()).decode()
    return body


def read_chat(body: Mapping[str, Any], endpoint: str) -> ChatResponse:
    """Return the answer; marked as cached, for nothing is paid for it again."""
    tool_calls = tuple(body["tool_calls"])
    return ChatResponse(
        **{**body, "tool_calls": tool_calls, "usage": _usage(body)}, endpoint=endpoint, cached=True
    )


def read_embedding(body: Mapping[str, Any], endpoint: str) -> EmbeddingResponse:
    """Return the answer with its vectors, marked as cached."""
    import numpy as np

    rest = {name: value for name, value in body.items() if name not in ("vectors", "shape")}
    content = base64.b64decode(body["vectors"], validate=True)
    vectors = np.frombuffer(content, dtype="<f4").astype(np.float32).reshape(body["shape"])
    return EmbeddingResponse(
        **{**rest, "usage": _usage(body)}, vectors=vectors, endpoint=endpoint, cached=True
    )


def write_failure(error: BaseException) -> dict[str, Any]:
    """Return what a call raised; masked."""
    said = {"type": type(error).__name__, "message": redact(getattr(error, "message", str(error)))}
    if not isinstance(error, LlmopsError):
        return said
    more = {name: getattr(error, name) for name in _OF_A_FAILURE if hasattr(error, name)}
    return {**said, "hint": redact(error.hint), **more}


def read_failure(body: Mapping[str, Any]) -> LlmopsError:
    """Return the error that a recorded call raised; of one that was cut off, one that says so."""
    kind = getattr(errors, str(body["type"]), None)
    hint = str(body.get("hint", ""))
    if isinstance(kind, type) and issubclass(kind, ModelError):
        more = {name: body[name] for name in _OF_A_FAILURE if name in body}
        return kind(str(body["message"]), hint=hint, **more)
    if kind is not None and "hint" in body:
        return LlmopsError(f"{body['type']}: {body['message']}", hint=hint)
    return EndpointError(f"When this call was recorded it was cut off ({body['type']}).")


def may_be_kept(response: ChatResponse | EmbeddingResponse) -> bool:
    """Tell whether redaction would leave an answer as it is, and it is not too large."""
    if isinstance(response, EmbeddingResponse):
        return int(response.vectors.size) * 4 <= MAX_VECTOR_BYTES
    said = [response.text, *response.tool_calls]
    return bool(redact_value(said) == said)


def is_double(response: ChatResponse | EmbeddingResponse) -> bool:
    """Tell whether a test double gave an answer: the scripted server's says that it is one."""
    response_id = response.response_id if isinstance(response, ChatResponse) else ""
    return response.system_fingerprint == FINGERPRINT or response_id.startswith(ID_PREFIX)


def chat_question(request: ChatRequest) -> str:
    """Return the digest of everything that decides a call's answer, but for where it goes."""
    return digest(
        {
            "model": request.model,
            "messages": request.messages,
            "settings": request.settings,
            "repeat": request.repeat,
        }
    )


def embedding_question(request: EmbeddingRequest) -> str:
    """Do the same for a call for vectors."""
    return digest({"model": request.model, "texts": request.texts, "settings": request.settings})


def _written(response: ChatResponse | EmbeddingResponse) -> dict[str, Any]:
    named = {f.name: getattr(response, f.name) for f in fields(response)}
    kept = {name: value for name, value in named.items() if name not in _OF_THE_CALL}
    written: dict[str, Any] = to_jsonable(
        {**kept, "usage": None if response.usage is None else asdict(response.usage)}
    )
    return written


def _usage(body: Mapping[str, Any]) -> Usage | None:
    usage = body.get("usage")
    return None if usage is None else Usage(**usage)
