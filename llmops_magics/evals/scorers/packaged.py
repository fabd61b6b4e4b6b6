"""Scorers of installed packages: the entry points of the group ``llmops_magics.scorers``.

Listing their names imports none of them. What a package makes of an entry point (a scorer, a
function, a metric that an adapter knows) is loaded when it is first asked for, and a package that
cannot be loaded is a ``ScorerError`` which names it.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from llmops_magics.errors import ScorerError

GROUP = "llmops_magics.scorers"


def packaged_names() -> tuple[str, ...]:
    """Return the names, sorted; nothing is imported."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_packaged(name: str) -> tuple[Any, str]:
    """Return what the entry point stands for, and the ``package version`` that has it.

    Raises ``KeyError`` where there is none, ``ScorerError`` where two packages have one or it
    cannot be loaded.
    """
    found = {_distribution(entry): entry for entry in entry_points(group=GROUP, name=name)}
    if not found:
        raise KeyError(name)
    if len(found) > 1:
        raise ScorerError(
            f"The scorer {name!r} is in several packages: {', '.join(sorted(found))}.",
            hint="Uninstall all but one, or import the scorer and pass it itself.",
        )
    ((distribution, entry),) = found.items()
    try:
        return entry.load(), distribution
    except (Exception, SystemExit) as error:
        raise ScorerError(
            f"The scorer {name!r} of {distribution} cannot be loaded: "
            f"{type(error).__name__}: {error}.",
            hint=f"Its entry point is {entry.value!r}; ask its maintainers, or uninstall it.",
        ) from error


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
