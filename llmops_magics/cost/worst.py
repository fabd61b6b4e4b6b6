"""What a call can cost at most, known before it is made: what caps and budgets reserve.

With ``max_tokens`` or ``max_completion_tokens`` in a call's settings the bound holds, given that
the price table is right and the tokeniser is one of bytes. Without either, the answer is taken to
be at most twice the longest seen from that model, 4,096 tokens before the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.tier import requested_tier
from llmops_magics.models.chat import ChatRequest, Usage
from llmops_magics.models.embedding import EmbeddingRequest
from llmops_magics.models.size import choices, input_size, output_limit

UNSEEN_OUTPUT_TOKENS = 4096
OUTPUT_SAFETY = 2
STEP_TOKENS = 256  # worst cases are priced in steps: a price costs 0.1 ms, a known one nothing
DEFAULT_SECONDS = 120.0


class AnswerLengths:
    """The longest answer seen so far from each model, in tokens."""

    def __init__(self) -> None:
        self._longest: dict[str, int] = {}

    def most(self, model: str, settings: Mapping[str, Any]) -> int:
        """Return how long an answer is taken to be at most, in tokens."""
        limit = output_limit(settings)
        if limit is not None:
            return limit
        longest = self._longest.get(model)
        if longest is None:
            return UNSEEN_OUTPUT_TOKENS * choices(settings)
        return max(STEP_TOKENS, OUTPUT_SAFETY * longest)

    def note(self, model: str, tokens: int) -> None:
        """Remember the length of an answer."""
        if tokens:
            self._longest[model] = max(tokens, self._longest.get(model, 0))


class WorstCase:
    """Prices the longest answer to the input at its full rate; models by the second for all of it.

    ``timeout_s`` is how long a try may take that does not say so itself.
    """

    def __init__(self, book: PriceBook, *, timeout_s: float = DEFAULT_SECONDS) -> None:
        self._book = book
        self._timeout_s = timeout_s
        self._priced = lru_cache(maxsize=4096)(self._price)

    def of(self, request: ChatRequest | EmbeddingRequest, lengths: AnswerLengths) -> Decimal | None:
        """Return US dollars; None when the price of the model is unknown."""
        given = input_size(request).most_tokens
        is_chat = isinstance(request, ChatRequest)  # vectors are no output tokens
        produced = lengths.most(request.model, request.settings) if is_chat else 0
        seconds = request.timeout_s or self._timeout_s
        tier = requested_tier(request.settings)
        return self._priced(request.model, -(-given // STEP_TOKENS), produced, seconds, tier)

    def advice(self, request: ChatRequest | EmbeddingRequest) -> str:
        """Return words of what makes the worst case smaller; "" where answers are free."""
        if not isinstance(request, ChatRequest):
            return ""
        tier = requested_tier(request.settings)
        short, long = (self._priced(request.model, 1, n, 1.0, tier) for n in (0, 1_000_000))
        if short == long:  # a model charged by time
            return ""
        verb = "set" if output_limit(request.settings) is None else "lower"
        return f", or {verb} max_tokens in the call's settings"

    def _price(
        self, model: str, input_steps: int, output_tokens: int, seconds: float, tier: str
    ) -> Decimal | None:
        """Return the dearer of the tier that was asked for and the standard one, none cached."""
        usage = Usage(input_tokens=input_steps * STEP_TOKENS, output_tokens=output_tokens)
        prices = [
            self._book.price(model, usage, tier=each, seconds=seconds)
            for each in dict.fromkeys(("", tier))
        ]
        known = [price.cost_usd for price in prices if price is not None]
        return max(known) if prices[-1] is not None else None
