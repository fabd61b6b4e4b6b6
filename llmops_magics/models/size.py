"""How large a call is before it is made: its input in bytes, and what its tokens will be.

No tokeniser is needed, and none would fit every endpoint. Of the input, bytes bound the tokens
from above; what they usually come to is learnt from the answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse

IMAGE_TOKENS = 50_000  # no provider counts more for one (gpt-4o-mini, 2048 x 768: 48,169)
OVERHEAD_TOKENS = 64  # what the endpoint adds around the messages
TYPICAL_IMAGE_TOKENS = 1_000
TYPICAL_TOKENS_A_BYTE = 0.25
TYPICAL_OUTPUT_TOKENS = 256
LEARNING_RATE = 0.1


class InputSize(NamedTuple):
    """Bytes of the JSON that is sent, images apart, and the number of images."""

    text_bytes: int
    images: int

    @property
    def most_tokens(self) -> int:
        """An upper bound of the input's tokens.

        A byte-level tokeniser (BPE with byte fallback, as all current models have) never makes
        more tokens than there are bytes, and the JSON around a message is longer than the special
        tokens that take its place.
        """
        return self.text_bytes + self.images * IMAGE_TOKENS + OVERHEAD_TOKENS


def input_size(request: ChatRequest | EmbeddingRequest) -> InputSize:
    """Measure messages or texts, and settings: tools and schemas among these are input, too."""
    images: list[Any] = []
    sent: list[Any] = (
        [list(request.texts)]
        if isinstance(request, EmbeddingRequest)
        else [[_without_images(m, images) for m in request.messages], dict(request.settings)]
    )
    text = json.dumps(sent, ensure_ascii=False, separators=(",", ":"), default=str)
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return InputSize(size, len(images))


def _without_images(message: Mapping[str, Any], images: list[Any]) -> Mapping[str, Any]:
    content = message.get("content")
    if not isinstance(content, list | tuple):
        return message
    texts: list[Any] = []
    for part in content:
        is_image = isinstance(part, Mapping) and "image_url" in part
        (images if is_image else texts).append(part)
    return {**message, "content": texts}


def output_limit(settings: Mapping[str, Any]) -> int | None:
    """Return how many tokens an answer can have at most; None when the settings do not say."""
    limits = [settings.get(name) for name in ("max_completion_tokens", "max_tokens")]
    given = [limit for limit in limits if isinstance(limit, int) and limit > 0]
    return max(given) * choices(settings) if given else None


def most_output(request: ChatRequest | EmbeddingRequest) -> int | None:
    """Return how many tokens come back at most, None if the call does not say; of vectors none."""
    return 0 if isinstance(request, EmbeddingRequest) else output_limit(request.settings)


def choices(settings: Mapping[str, Any]) -> int:
    """Return how many answers a call asks for at once."""
    count = settings.get("n")
    return count if isinstance(count, int) and count > 0 else 1


class TokenEstimate:
    """What calls of one model usually take, learnt from those that were answered."""

    def __init__(self) -> None:
        self._tokens_a_byte = TYPICAL_TOKENS_A_BYTE
        self._output_tokens = float(TYPICAL_OUTPUT_TOKENS)

    def of(self, size: InputSize, limit: int | None) -> float:
        """Return the tokens, in and out (at most ``limit``), that a call will probably take."""
        given = size.text_bytes * self._tokens_a_byte + size.images * TYPICAL_IMAGE_TOKENS
        return given + (self._output_tokens if limit is None else min(self._output_tokens, limit))

    def learn(self, size: InputSize, response: ChatResponse | EmbeddingResponse) -> None:
        """Take in what a call took."""
        usage = response.usage
        if usage is None:
            return
        self._output_tokens += LEARNING_RATE * (usage.output_tokens - self._output_tokens)
        if size.text_bytes and not size.images:
            seen = usage.input_tokens / size.text_bytes
            self._tokens_a_byte += LEARNING_RATE * (seen - self._tokens_a_byte)
