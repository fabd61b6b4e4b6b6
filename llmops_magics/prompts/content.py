"""What a prompt version's digest is taken of: everything that decides what a model is sent.

A name, a description, an author or a commit message is not content, so the same content has the
same digest under every name and in every store. Parts that are empty are left out of the JSON:
content that has none of them keeps the digest it had before there were such parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from llmops_magics.prompts.version import (
    ChangeTest,
    Example,
    Examples,
    Inclusion,
    Message,
    PromptVersion,
)
from llmops_magics.record import digest, to_jsonable

_OPTIONAL = ("inputs", "includes", "examples", "images", "tests", "risk")


@dataclass(frozen=True, kw_only=True)
class PromptContent:
    """The content of a version. Fields mean what they mean in ``PromptVersion``."""

    messages: tuple[Message, ...]
    model: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    includes: tuple[Inclusion, ...] = ()
    examples: Examples | None = None
    images: dict[str, str] = field(default_factory=dict)
    tests: tuple[ChangeTest, ...] = ()
    risk: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that is stored and hashed."""
        body = {
            "messages": to_jsonable(self.messages),
            "model": self.model,
            "settings": to_jsonable(self.settings),
        }
        optional = {name: getattr(self, name) for name in _OPTIONAL}
        return body | {name: to_jsonable(value) for name, value in optional.items() if value}

    @cached_property
    def digest(self) -> str:
        """The digest of the canonical JSON, ``sha256:…``."""
        return digest(self.to_json())

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> PromptContent:
        """Read what ``to_json`` gave."""
        examples = body.get("examples")
        return cls(
            messages=tuple(Message(**message) for message in body["messages"]),
            model=body["model"],
            settings=body["settings"],
            inputs=body.get("inputs", {}),
            includes=tuple(map(_inclusion, body.get("includes", ()))),
            examples=_examples(examples) if examples else None,
            images=body.get("images", {}),
            tests=tuple(map(_test, body.get("tests", ()))),
            risk=body.get("risk", ""),
        )

    @classmethod
    def of(cls, version: PromptVersion) -> PromptContent:
        """Return the content of a version."""
        return cls(
            messages=version.messages,
            model=version.model,
            settings=version.settings,
            inputs=version.inputs,
            includes=version.includes,
            examples=version.examples,
            images=version.images,
            tests=version.tests,
            risk=version.risk,
        )


def _inclusion(body: Mapping[str, Any]) -> Inclusion:
    return Inclusion(**{**body, "includes": tuple(map(_inclusion, body["includes"]))})


def _examples(body: Mapping[str, Any]) -> Examples:
    return Examples(**{**body, "cases": tuple(Example(**case) for case in body["cases"])})


def _test(body: Mapping[str, Any]) -> ChangeTest:
    lists = {name: tuple(body[name]) for name in ("rules", "scorers")}
    return ChangeTest(**{**body, **lists})
