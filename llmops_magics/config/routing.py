"""``[router.NAME]`` in ``llmops.toml``: named models made of others, and what cannot be meant.

A router is called ``router/NAME`` wherever a model is. What a strategy does not read is refused
beside it, so that a key that does nothing is not taken for one that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ROUTER = "router"
PREFIX = f"{ROUTER}/"

Strategy = Literal["fallback", "weighted", "cheapest", "cascade", "rules"]
Failure = Literal["timeout", "rate_limit", "error", "rejected"]
Feature = Literal["tools", "json_schema", "images"]
GOES_ON: tuple[Failure, ...] = ("timeout", "rate_limit", "error")
STABLE_BY = ("llmops.case.id", "session.id", "user.id")

ModelName = Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFacts(_Part):
    """What ``cheapest`` is told of a model, in place of what the price table says, or nothing."""

    context_tokens: int | None = Field(default=None, ge=1)
    features: tuple[Feature, ...] | None = None


class RouteRule(_Part):
    """One rule: all that it says must hold. Patterns may have ``*``."""

    model: ModelName
    min_characters: int | None = Field(default=None, ge=0)
    max_characters: int | None = Field(default=None, ge=0)
    min_tokens: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)
    language: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    purpose: Literal["", "generate", "judge"] = ""
    attributes: dict[str, str] = {}

    @field_validator("language", "prompt", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("language")
    @classmethod
    def _known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [each for each in languages if each not in LANGUAGES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no language that is told; {', '.join(LANGUAGES)}")
        return languages

    @model_validator(mode="after")
    def _says_something(self) -> RouteRule:
        if self.model_fields_set <= {"model"}:
            raise ValueError("the rule has no condition; a model for all else is the default")
        return self


class RouterSettings(_Part):
    """One router.

    ``models`` are asked, or chosen among, in their order. ``on`` says after which failures the next
    one is asked, ``timeout_s`` how long one may take, its retries included.
    """

    strategy: Strategy
    models: tuple[ModelName, ...] = ()
    on: tuple[Failure, ...] = GOES_ON
    timeout_s: float | None = Field(default=None, gt=0)
    weights: tuple[Annotated[float, Field(ge=0)], ...] = ()
    by: tuple[str, ...] = STABLE_BY
    facts: dict[ModelName, ModelFacts] = {}
    check: tuple[str, ...] = ()
    minimum: float = 0.5
    json_schema: dict[str, Any] | None = None
    rules: tuple[RouteRule, ...] = ()
    default: ModelName | None = None

    @field_validator("check", "on", "by", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_its_strategy(self) -> RouterSettings:
        idle = self.model_fields_set - _READ[self.strategy] - {"strategy"}
        if idle:
            first = min(idle)
            where = ", ".join(s for s in get_args(Strategy) if first in _READ[s])
            raise ValueError(f"{first!r} says nothing to {self.strategy!r}, only to {where}")
        fault = self._fault()
        if fault:
            raise ValueError(fault)
        return self

    def _fault(self) -> str:
        if self.strategy == "rules":
            if not self.rules or self.default is None:
                return "'rules' needs rules, and a default for what none of them fits"
            return ""
        if not self.models:
            return f"{self.strategy!r} needs models"
        if len(set(self.models)) < len(self.models):
            return "a model is named twice"
        if self.strategy == "weighted":
            return self._fault_of_weights()
        if self.strategy == "cascade" and not (self.check or self.json_schema):
            return "'cascade' needs a check or a json_schema: what an answer must pass"
        unknown = sorted(set(self.facts) - set(self.models))
        return f"facts of {unknown[0]!r}, which is none of the models" if unknown else ""

    def _fault_of_weights(self) -> str:
        if len(self.weights) != len(self.models):
            return f"{len(self.weights)} weights for {len(self.models)} models"
        return "" if sum(self.weights) > 0 else "all weights are 0"

    @property
    def choices(self) -> tuple[str, ...]:
        """Every model that may be chosen, each once."""
        of_rules = [rule.model for rule in self.rules]
        last = [self.default] if self.default else []
        return tuple(dict.fromkeys([*self.models, *of_rules, *last]))


_TRIED = {"models", "on", "timeout_s"}
_READ: Mapping[str, set[str]] = {
    "fallback": _TRIED,
    "weighted": {"models", "weights", "by", "timeout_s"},
    "cheapest": {*_TRIED, "facts"},
    "cascade": {*_TRIED, "check", "minimum", "json_schema"},
    "rules": {"rules", "default", "timeout_s"},
}
LANGUAGES = (
    *("ar", "de", "el", "en", "es", "fa", "fr", "he", "hi", "it", "ja", "ko", "nl", "pt", "ru"),
    *("th", "uk", "zh"),
)


class Fault(NamedTuple):
    """What is wrong with a router."""

    router: str
    what: str


def check_routers(
    routers: Mapping[str, RouterSettings], endpoints: Mapping[str, Any]
) -> Fault | None:
    """Return the fault of the first router that cannot be used, None if all can.

    A model's endpoint must be there, and no router may come back to itself through others.
    """
    known = {"local", "openai", *endpoints}
    for name, router in routers.items():
        for model in router.choices:
            endpoint, _, rest = model.partition("/")
            if endpoint == ROUTER and rest not in routers:
                return Fault(name, f"{model!r} is no router; there are {', '.join(routers)}")
            if endpoint != ROUTER and endpoint not in known:
                return Fault(name, f"no endpoint is called {endpoint!r}, which {model!r} needs")
    for name in routers:
        circle = _circle(name, routers, ())
        if circle:
            path = " → ".join(PREFIX + each for each in circle)
            return Fault(name, f"it comes back to itself: {path}")
    return None


def leaves(name: str, routers: Mapping[str, RouterSettings]) -> tuple[str, ...]:
    """Return every model that a router may end at, nested ones followed."""
    found: dict[str, None] = {}
    for model in routers[name].choices:
        inner = model.removeprefix(PREFIX)
        found |= dict.fromkeys(leaves(inner, routers) if inner != model else (model,))
    return tuple(found)


def _circle(
    name: str, routers: Mapping[str, RouterSettings], path: tuple[str, ...]
) -> tuple[str, ...]:
    if name in path:
        return (*path[path.index(name) :], name)
    inner = (m.removeprefix(PREFIX) for m in routers[name].choices if m.startswith(PREFIX))
    found = (_circle(each, routers, (*path, name)) for each in inner)
    return next((circle for circle in found if circle), ())
