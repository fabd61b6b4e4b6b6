"""The environments that the settings name, and ``prompt@environment``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from llmops_magics.config.release import EnvironmentSettings, environments_of
from llmops_magics.errors import ConfigError, UsageError
from llmops_magics.prompts.reference import check_label, check_name

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings


class Place(NamedTuple):
    """A prompt in an environment."""

    prompt: str
    environment: str


def known(settings: Settings) -> dict[str, EnvironmentSettings]:
    """Return the environments, each after the one it comes after.

    Raises ``ConfigError`` where two move one label, or come after one another in a circle.
    """
    found = environments_of(settings.environments)
    by_label: dict[str, str] = {}
    for name, each in found.items():
        other = by_label.setdefault(each.label or name, name)
        if other != name:
            raise ConfigError(
                f"the environments {other} and {name} move the same label {each.label or name!r}.",
                hint="Give each a label of its own in llmops.toml.",
            )
    return {
        name: found[name] for name in sorted(found, key=lambda name: (depth(found, name), name))
    }


def depth(environments: Mapping[str, EnvironmentSettings], name: str) -> int:
    """Return how many environments come before one; raises ``ConfigError`` for a circle."""
    passed: list[str] = []
    while (before := environments[name].after if name in environments else "") != "":
        passed.append(name)
        if before in passed:
            raise ConfigError(
                f"the environments {', '.join(passed)} come after one another.",
                hint='Let one of them come first: after = "" in llmops.toml.',
            )
        name = before
    return len(passed)


def check_environment(settings: Settings, name: str) -> EnvironmentSettings:
    """Return an environment's settings; raises ``UsageError`` for one that there is not."""
    environments = known(settings)
    if name not in environments:
        close = difflib.get_close_matches(name, environments, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(
            f"there is no environment {name[:80]!r}.",
            hint=f"{meant}There are: {', '.join(environments)}; llmops.toml may name more.",
        )
    return environments[name]


def label_of(settings: Settings, name: str) -> str:
    """Return the label that an environment moves."""
    return check_label(check_environment(settings, name).label or name)


def read_place(settings: Settings, written: str) -> Place:
    """Read ``prompt@environment``; raises ``UsageError``."""
    prompt, at, environment = written.strip().partition("@")
    if not at or not prompt or not environment:
        raise UsageError(
            f"{written[:200]!r} does not say which prompt where.",
            hint="Write PROMPT@ENVIRONMENT, such as support/answer@production.",
        )
    check_environment(settings, environment)
    return Place(check_name(prompt), environment)
