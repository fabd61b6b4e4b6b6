"""Who acts: a name, the groups whose documents they may read, and the roles they hold.

A name is what somebody says of themselves (``LLMOPS_ACTOR``, or the operating system's user): an
asserted identity. Whoever can set that variable can take any name, so what is decided on it keeps
honest people from mistakes and leaves a record; it does not stop somebody who lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PUBLIC: Final = "public"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who asks. Everybody is in the group ``public``, whatever else they are in."""

    name: str
    groups: frozenset[str] = frozenset({PUBLIC})
    roles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, groups: Iterable[str] = (), roles: Iterable[str] = ()) -> Principal:
        """Return a principal in these groups, and in ``public``, with these roles."""
        return cls(name=name, groups=frozenset(groups) | {PUBLIC}, roles=frozenset(roles))

    def may_read(self, groups: Iterable[str]) -> bool:
        """Tell whether one of these groups is the principal's; of no groups none is."""
        return not self.groups.isdisjoint(groups)


ANONYMOUS: Final = Principal(name="anonymous")


def principal_of(
    name: str,
    groups: Mapping[str, Sequence[str]],
    roles: Mapping[str, Sequence[str]] | None = None,
) -> Principal:
    """Return a principal by name; one that is in no table is in ``public`` alone, with no role.

    ``groups`` has each name's groups, ``roles`` each role's names, as ``[access]`` has them.
    """
    held = [role for role, names in (roles or {}).items() if name in names]
    return Principal.of(name, groups.get(name, ()), held)
