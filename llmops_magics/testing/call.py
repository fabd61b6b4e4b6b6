"""One call as a script sees it: the request's body, and the parts of it that scripts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to the endpoint.

    ``request`` is the JSON body with ``path`` added; ``number`` counts the calls of the same
    endpoint from 1, in the order of their arrival.
    """

    request: dict[str, Any]
    number: int

    @property
    def model(self) -> str:
        """The model that was asked for, or an empty string."""
        return str(self.request.get("model") or "")

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The chat messages as sent; empty for an embeddings call."""
        return list(self.request.get("messages", ()))

    @property
    def user(self) -> str:
        """The text of the last user message, or an empty string."""
        texts = [message_text(m) for m in self.messages if m.get("role") == "user"]
        return texts[-1] if texts else ""

    @property
    def system(self) -> str:
        """The text of the first system or developer message, or an empty string."""
        roles = ("system", "developer")
        texts = [message_text(m) for m in self.messages if m.get("role") in roles]
        return texts[0] if texts else ""

    @property
    def streamed(self) -> bool:
        """Whether the answer is to come as server-sent events."""
        return bool(self.request.get("stream"))


def message_text(message: Mapping[str, Any]) -> str:
    """Return a message's text; of a message in parts, its text parts put together."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")


def count_words(text: str) -> int:
    """Count what stands between white space: the token count of an answer with none given."""
    return len(text.split())
