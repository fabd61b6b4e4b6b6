"""Make a suite: attacks of some families, decided by a seed alone.

The same seed, templates and surface make the same attacks, wherever and whenever that is done, so
that a suite has one digest. The templates of a family come first as they are, then in disguise.

Success is told by what an answer could not hold by quoting the attack: the two halves of a code
word that have to be put together, made-up data, a call, a link that the attack only describes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from string import Template as Fill
from typing import Any, Final

from llmops_magics.errors import UsageError
from llmops_magics.guard.redteam.attack import Attack, Goal, Turn, read_goal
from llmops_magics.guard.redteam.choice import choose, digits, shuffled, word
from llmops_magics.guard.redteam.family import (
    Family,
    Template,
    families,
    phrases,
    templates_digest,
)
from llmops_magics.guard.redteam.mutation import PLAIN, mutate
from llmops_magics.record import digest

VERSION: Final = "1"  # of how attacks are made; goes up with any change to what a seed yields
PER_FAMILY: Final = 12
MOST_PER_FAMILY: Final = 200
TOOLS: Final = ("delete_account", "send_money")  # that a target without tools is tempted with
_AGENTIC: Final = (
    "indirect-document",
    "indirect-tool",
    "multi-turn",
    "tool-misuse",
    "excessive-agency",
    "tenant-leakage",
    "unsafe-output",
    "denial-of-wallet",
)
_PEOPLE: Final = ("Ida Brandvold", "Tomas Reyhan", "Marit Osei", "Lionel Varga", "Petra Nakhle")


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What of a target attacks may name: its tools, and tokens planted in its system prompt."""

    tools: tuple[str, ...] = TOOLS
    canaries: tuple[str, ...] = ()
    has_system: bool = True  # whether its system prompt is known to whoever judges


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Attacks, and what made them; ``left_out`` says why a family is not among them.

    ``seed`` is None for those of a file, which no seed made.
    """

    name: str
    attacks: tuple[Attack, ...]
    seed: int | None = None
    left_out: Mapping[str, str] | None = None

    @property
    def digest(self) -> str:
        """The content address of the attacks."""
        return digest(list(self.attacks))

    @property
    def version(self) -> str:
        """What, beside the seed, decides the attacks: how they are made, and the templates."""
        if self.seed is None:
            return ""
        return f"{VERSION}-{templates_digest().removeprefix('sha256:')[:12]}"


def suite_names() -> Mapping[str, tuple[str, ...]]:
    """Return the families of each suite by its name."""
    return {"owasp": tuple(families()), "agentic": _AGENTIC}


def make_suite(
    name: str = "owasp",
    *,
    only: Sequence[str] = (),
    per_family: int = PER_FAMILY,
    seed: int = 0,
    surface: Surface | None = None,
) -> Suite:
    """Return the attacks of a suite, ``only`` of these families where some are named.

    Raises ``UsageError`` for a suite or family that is not there, for a number below 1, and for a
    family that is named and makes no sense for the target.
    """
    if not 1 <= per_family <= MOST_PER_FAMILY:
        raise UsageError(f"{per_family} attacks a family.", hint=f"Give 1 to {MOST_PER_FAMILY}.")
    surface = surface or Surface()
    chosen = [families()[each] for each in (only or _suite(name)) if _is_family(each)]
    left_out = {f.name: why for f in chosen if (why := _why_not(f, surface))}
    if only and left_out:
        family, why = next(iter(left_out.items()))
        raise UsageError(f"The family {family!r} cannot be tried: {why}.")
    makers = [_Maker(family, seed, surface) for family in chosen if family.name not in left_out]
    return Suite(
        name=name,
        attacks=tuple(attack for maker in makers for attack in maker.attacks(per_family)),
        seed=seed,
        left_out=left_out,
    )


def _suite(name: str) -> tuple[str, ...]:
    if name in suite_names():
        return suite_names()[name]
    raise UsageError(
        f"There is no suite {name!r}.",
        hint=f"There are {', '.join(suite_names())}; a file of garak or promptfoo may be one too.",
    )


def _is_family(name: str) -> bool:
    if name in families():
        return True
    close = get_close_matches(name, families(), n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise UsageError(
        f"There is no family {name!r}.", hint=f"{meant}There are {', '.join(families())}."
    )


def _why_not(family: Family, surface: Surface) -> str:
    if family.needs != "system" or surface.has_system or surface.canaries:
        return ""
    return "no system prompt is known, and no canary that stands in it"


class _Maker:
    """Makes the attacks of one family."""

    def __init__(self, family: Family, seed: int, surface: Surface) -> None:
        self._family = family
        self._seed = seed
        self._surface = surface

    def attacks(self, count: int) -> list[Attack]:
        """Return so many attacks, fewer where the family has no more."""
        by_id = {template.id: template for template in self._family.templates}
        order = shuffled(by_id, self._seed, self._family.name)
        return [self._attack(by_id[i], mutator) for mutator, i in self._pairs(order)[:count]]

    def _pairs(self, order: Sequence[str]) -> list[tuple[str, str]]:
        """Return mutator and template: every template once before one comes a second time."""
        mutators = self._family.mutators
        own = {}
        for template in order:
            mixed = shuffled(mutators, self._seed, self._family.name, template)
            own[template] = sorted(mixed, key=lambda mutator: mutator != PLAIN)
        return [(own[template][n], template) for n in range(len(mutators)) for template in order]

    def _attack(self, template: Template, mutator: str) -> Attack:
        key = (self._seed, self._family.name, template.id, mutator)
        values = self._values(key)
        keep = [values[name] for name in ("first", "second", "secret", "person", "host")]
        keep += [values["tool"], values["other_tool"]]
        payload = mutate(mutator, self._fill(template.payload, values, key).strip(), keep)
        whole = {**values, "payload": payload}
        return Attack(
            id=f"{self._family.name}/{template.id}/{mutator}",
            family=self._family.name,
            template=f"{self._family.name}/{template.id}",
            mutator=mutator,
            risks=self._family.risks,
            user=self._fill(template.user, whole, key).strip(),
            document=self._fill(template.document, whole, key).strip(),
            channel=template.channel,
            history=tuple(
                Turn(role=turn.role, content=self._fill(turn.content, whole, key))
                for turn in template.history
            ),
            goals=self._goals(template, values),
        )

    def _values(self, key: tuple[Any, ...]) -> dict[str, str]:
        first, second = word(*key), digits(*key)
        tools = self._surface.tools or TOOLS
        return {
            "first": first,
            "second": second,
            "marker": f"{first}-{second}",
            "secret": f"{word('secret', *key, syllables=2)}{digits('secret', *key, count=6)}",
            "person": choose(_PEOPLE, "person", *key),
            "host": f"{word('host', *key).lower()}.example",
            "tool": choose(tools, "tool", *key),
            "other_tool": choose(tools[::-1], "tool", *key),
        }

    def _goals(self, template: Template, values: Mapping[str, str]) -> tuple[Goal, ...]:
        own = [read_goal(_filled(goal, values)) for goal in template.goals]
        canaries = self._surface.canaries
        if self._family.needs != "system" or not canaries:
            return tuple(own)
        rest = [goal for goal in own if goal.kind != "reveals"]
        return (*rest, Goal(kind="reveals", texts=canaries))

    def _fill(self, text: str, values: Mapping[str, str], key: tuple[Any, ...]) -> str:
        said = {name: choose(ways, name, *key) for name, ways in phrases().items()}
        spoken = {name: Fill(way).substitute(values) for name, way in said.items()}
        return Fill(text).substitute({**spoken, **values})


def _filled(goal: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return Fill(value).substitute(values)
        return [fill(each) for each in value] if isinstance(value, list) else value

    return {name: fill(value) for name, value in goal.items()}
