"""A prompt version inside a dossier: all that is its content, so no store is needed to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from llmops_magics.errors import DossierError
from llmops_magics.prompts.version import (
    ChangeTest,
    Example,
    Examples,
    Inclusion,
    Message,
    PromptVersion,
)

# What may change while the version stays, or says what one call did.
_LEFT_OUT: Final = frozenset({"kind", "labels", "tags", "is_new", "outcome", "diff", "sample"})


def copy_of(version: PromptVersion) -> dict[str, Any]:
    """Return what a dossier keeps of a version."""
    return {name: each for name, each in version.to_dict().items() if name not in _LEFT_OUT}


def version_of(body: Mapping[str, Any]) -> PromptVersion:
    """Build the version that ``copy_of`` wrote; ``DossierError`` for what is none."""
    known = {each.name for each in fields(PromptVersion)} - _LEFT_OUT
    kept = {name: each for name, each in body.items() if name in known}
    try:
        if kept.get("examples"):
            kept["examples"] = _examples(kept["examples"])
        return PromptVersion(
            **{
                **kept,
                "messages": tuple(Message(**each) for each in kept["messages"]),
                "variables": tuple(kept["variables"]),
                "includes": tuple(_inclusion(each) for each in kept.get("includes", ())),
                "tests": tuple(_test(each) for each in kept.get("tests", ())),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise DossierError(f"the dossier's copy of a prompt cannot be read: {error}.") from error


def _inclusion(body: Mapping[str, Any]) -> Inclusion:
    inner = tuple(_inclusion(each) for each in body.get("includes", ()))
    return Inclusion(**{**body, "includes": inner})


def _examples(body: Mapping[str, Any]) -> Examples:
    return Examples(**{**body, "cases": tuple(Example(**each) for each in body["cases"])})


def _test(body: Mapping[str, Any]) -> ChangeTest:
    return ChangeTest(
        **{**body, "rules": tuple(body["rules"]), "scorers": tuple(body.get("scorers", ()))}
    )
