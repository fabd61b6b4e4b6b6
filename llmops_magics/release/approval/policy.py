"""What an environment asks of a prompt: its risk tier, and the policy of that tier.

The strictest of what ``llmops.toml`` and the prompt's own text say is the tier, so neither can
make the other milder. Nor can a version make its own release milder: while an environment serves
one of a stricter tier, its tier is asked for, and a lower one holds from the next release on.
"""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from llmops_magics.config.release import (
    TIERS,
    EnvironmentSettings,
    PromptRelease,
    Requirements,
    Tier,
    environments_of,
)
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.version import PromptVersion


def environment_of(settings: Settings, name: str) -> EnvironmentSettings:
    """Return an environment by name; raises ``UsageError`` for one that there is not."""
    known = environments_of(settings.environments)
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    raise UsageError(
        f"there is no environment {name[:80]!r}.", hint=f"{meant}There are: {', '.join(known)}."
    )


def tier_of(settings: Settings, version: PromptVersion) -> Tier:
    """Return the risk tier of a version: the strictest that anything says, low if nothing does."""
    said = [each.tier for each in _patterns(settings.release.prompts, version.name)]
    if version.risk in TIERS:
        said.append(version.risk)
    return max(said, key=TIERS.index, default="low")


def tier_of_change(
    settings: Settings, version: PromptVersion, served: PromptVersion | None
) -> Tier:
    """Return the tier of a release: the strictest of the version and of what it takes over from."""
    both = (version, served) if served else (version,)
    return max((tier_of(settings, each) for each in both), key=TIERS.index)


def corpora_of(settings: Settings, prompt: str) -> tuple[str, ...]:
    """Return the corpora that a prompt reads by ``llmops.toml``, sorted."""
    patterns = _patterns(settings.release.prompts, prompt)
    return tuple(sorted({corpus for each in patterns for corpus in each.corpora}))


def requirements_of(settings: Settings, environment: str, tier: Tier) -> Requirements:
    """Return what a release of a tier to an environment needs."""
    return environment_of(settings, environment).of_tier(tier)


def _patterns(prompts: Mapping[str, PromptRelease], name: str) -> Iterator[PromptRelease]:
    return (each for pattern, each in prompts.items() if fnmatchcase(name, pattern))
