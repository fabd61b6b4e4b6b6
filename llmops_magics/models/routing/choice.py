"""Which models a router asks for a request, in order, and why each.

``fallback`` and ``cascade`` take them as they stand, ``weighted`` and ``rules`` choose one,
``cheapest`` sorts those that fit. Why one was chosen names attributes and patterns, never the
value of an attribute: that may be one that is left out of spans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from llmops_magics.config.routing import RouterSettings
from llmops_magics.models.chat import ChatRequest, Usage
from llmops_magics.models.routing.condition import Traits, why_fits
from llmops_magics.models.routing.decision import Try
from llmops_magics.models.size import TYPICAL_OUTPUT_TOKENS, input_size, output_limit
from llmops_magics.record import canonical_json

UNKNOWN_CONTEXT_TOKENS = 4_096  # what a model is trusted with whose context length nobody knows

PriceOf = Callable[[str, Usage], Decimal | None]
ContextOf = Callable[[str], int | None]
Around = Callable[[], Mapping[str, str]]


def no_price(_model: str, _usage: Usage) -> Decimal | None:
    """Know no price."""
    return None


def no_context(_model: str) -> int | None:
    """Know no context length."""
    return None


def no_session() -> Mapping[str, str]:
    """Know of no session."""
    return {}


class Choice(NamedTuple):
    """A model to ask, and why it."""

    model: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The models to ask, in order, and those that were passed over."""

    models: tuple[Choice, ...]
    passed_over: tuple[Try, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Chooser:
    """Chooses; ``price_of`` and ``context_of`` are what is known of models beside the settings.

    ``around`` says what the session around a call is; what the request itself says goes before.
    """

    price_of: PriceOf = field(default=no_price)
    context_of: ContextOf = field(default=no_context)
    around: Around = field(default=no_session)

    def choose(self, name: str, router: RouterSettings, request: ChatRequest) -> Choices:
        """Return the choices of one request; none where no model fits."""
        request = replace(request, attributes={**self.around(), **request.attributes})
        if router.strategy == "rules":
            return Choices(models=(_by_rules(router, Traits(request)),))
        if router.strategy == "weighted":
            return Choices(models=(_by_weight(name, router, request),))
        if router.strategy == "cheapest":
            return self._by_price(router, request)
        first, *rest = router.models
        said = {"cascade": "the last answer did not pass", "fallback": "the one before failed"}
        others = (Choice(model, said[router.strategy]) for model in rest)
        return Choices(models=(Choice(first, "the first of the list"), *others))

    def _by_price(self, router: RouterSettings, request: ChatRequest) -> Choices:
        needs = Needs.of(request)
        fitting: list[tuple[bool, Decimal, Choice]] = []
        passed_over = []
        for model in router.models:
            unfit = needs.why_not(model, router, self.context_of)
            if unfit:
                passed_over.append(Try(model=model, outcome="passed over", why=unfit))
                continue
            price = self.price_of(model, needs.usage)
            why = "price unknown, so last" if price is None else f"about ${price.normalize():f}"
            fitting.append((price is None, price or Decimal(0), Choice(model, why)))
        ordered = sorted(fitting, key=lambda each: each[:2])
        return Choices(models=tuple(c for *_, c in ordered), passed_over=tuple(passed_over))


def _by_rules(router: RouterSettings, traits: Traits) -> Choice:
    for number, rule in enumerate(router.rules, 1):
        why = why_fits(rule, traits)
        if why:
            return Choice(rule.model, f"rule {number}: {why}")
    return Choice(router.default or "", "no rule fits: the default")


def _by_weight(name: str, router: RouterSettings, request: ChatRequest) -> Choice:
    """Choose by a hash of who asks, so that the same one gets the same model, in a replay too.

    Who asks is the first of the attributes ``by`` that the request has, else what it says. A
    changed weight moves only those between the old and the new bound.
    """
    found = next((key for key in router.by if key in request.attributes), "")
    who = f"{found}={request.attributes[found]}" if found else ""
    seed = who.encode() if who else canonical_json([request.messages, request.settings])
    place = unit_of(name.encode() + b"\0" + seed) * sum(router.weights)
    why = f"by {found}" if found else "by what is asked"
    bound = 0.0
    for model, weight in zip(router.models, router.weights, strict=True):
        bound += weight
        if place < bound:
            return Choice(model, why)
    last = max(place for place, weight in enumerate(router.weights) if weight)
    return Choice(router.models[last], why)  # the sum of floats may fall short of their total


def unit_of(seed: bytes) -> float:
    """Return a number from 0 to below 1, evenly spread and the same for the same seed."""
    return int.from_bytes(hashlib.sha256(seed).digest()[:6], "big") / 2**48


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a request takes: tokens as estimated, and features."""

    usage: Usage
    features: Mapping[str, bool]

    @classmethod
    def of(cls, request: ChatRequest) -> Needs:
        """Measure a request."""
        size = input_size(request)
        form = request.settings.get("response_format")
        produced = output_limit(request.settings) or TYPICAL_OUTPUT_TOKENS
        return cls(
            usage=Usage(input_tokens=Traits(request).tokens, output_tokens=produced),
            features={
                "tools": bool(request.settings.get("tools")),
                "json_schema": isinstance(form, Mapping) and form.get("type") == "json_schema",
                "images": size.images > 0,
            },
        )

    def why_not(self, model: str, router: RouterSettings, context_of: ContextOf) -> str:
        """Return why a model does not fit, "" where it does.

        Of features that the settings do not list, a model is taken to have all.
        """
        facts = router.facts.get(model)
        wanted = [name for name, is_wanted in self.features.items() if is_wanted]
        if facts is not None and facts.features is not None:
            lacking = [name for name in wanted if name not in facts.features]
            if lacking:
                return f"lacks {', '.join(lacking)}"
        tokens = self.usage.input_tokens + self.usage.output_tokens
        context = (facts.context_tokens if facts else None) or context_of(model)
        if context is None and tokens > UNKNOWN_CONTEXT_TOKENS:
            return f"its context length is unknown, and about {tokens:,} tokens are needed"
        if context is not None and tokens > context:
            return f"its context of {context:,} tokens is too short for about {tokens:,}"
        return ""
