"""Whether a rule of a router fits a request: its length, language, prompt, purpose, attributes."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from llmops_magics.config.routing import RouteRule
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.routing.language import language_of
from llmops_magics.models.size import TYPICAL_TOKENS_A_BYTE, input_size


class Traits:
    """What rules look at of one request; each is found out when the first rule asks.

    ``characters`` are those of all messages' texts. ``tokens`` are estimated as elsewhere, a
    quarter of the bytes of what is sent: no tokeniser fits every endpoint. ``language`` is that of
    the last user message: instructions are often in another one.
    """

    def __init__(self, request: ChatRequest) -> None:
        self.request = request

    @cached_property
    def characters(self) -> int:
        """Characters of all texts."""
        return sum(len(text_of(message)) for message in self.request.messages)

    @cached_property
    def tokens(self) -> int:
        """Tokens of the input, about."""
        return round(input_size(self.request).text_bytes * TYPICAL_TOKENS_A_BYTE)

    @cached_property
    def language(self) -> str:
        """The language of the question, "" where it is not told."""
        asked = [m for m in self.request.messages if m.get("role") == "user"]
        return language_of(text_of(asked[-1])) if asked else ""


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, its parts joined."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else ()
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def why_fits(rule: RouteRule, traits: Traits) -> str:
    """Return what of a request fits the rule, in words; "" where something does not."""
    said: list[str] = []
    for found in (_length(rule, traits), _words(rule, traits), _attributes(rule, traits)):
        if found is None:
            return ""
        said += found
    return ", ".join(said)


def _length(rule: RouteRule, traits: Traits) -> list[str] | None:
    said = []
    limits = (
        ("characters", rule.min_characters, rule.max_characters),
        ("tokens", rule.min_tokens, rule.max_tokens),
    )
    for name, least, most in limits:
        if least is None and most is None:
            continue
        size = getattr(traits, name)
        if size < (least or 0) or (most is not None and size > most):
            return None
        about = "about " if name == "tokens" else ""
        said.append(f"{about}{size:,} {name}")
    return said


def _words(rule: RouteRule, traits: Traits) -> list[str] | None:
    request, said = traits.request, []
    if rule.language:
        if traits.language not in rule.language:
            return None
        said.append(f"language {traits.language}")
    if rule.prompt:
        names = (request.prompt_ref.partition("@")[0], request.prompt_ref)
        if not any(fnmatchcase(name, pattern) for pattern in rule.prompt for name in names):
            return None
        said.append(f"prompt {request.prompt_ref}")
    if rule.purpose:
        if request.purpose != rule.purpose:
            return None
        said.append(f"purpose {rule.purpose}")
    return said


def _attributes(rule: RouteRule, traits: Traits) -> list[str] | None:
    given = traits.request.attributes
    for name, pattern in rule.attributes.items():
        if name not in given or not fnmatchcase(str(given[name]), pattern):
            return None
    return [f"{name} {pattern}" for name, pattern in rule.attributes.items()]
