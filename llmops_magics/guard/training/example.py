"""Texts made from our own templates, attacks and harmless ones that look like attacks.

The templates are readable data in ``template/``; the same seed makes the same texts. They are what
the model knows of families that no public corpus in the training data has.
"""

from __future__ import annotations

import base64
import codecs
import random
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_SLOT: Final = re.compile(r"\{\{|\}\}|\{([a-z_]+)\}")
_DEPTH: Final = 4
_TOLD: Final = "told"  # a slot of harmless templates: an attack, quoted
_DISGUISED: Final = ("code", "backwards", "rotated", "spaced", "leet")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled text. ``source`` is what a leave-one-source-out check holds out."""

    text: str
    is_attack: bool
    source: str
    category: str


def examples(kind: str, count: int, seed: int) -> list[Example]:
    """Return ``count`` texts of ``attack`` or ``benign`` templates, the families in turn.

    A text may come twice where a family has few templates without slots; each is kept once.
    """
    draw = random.Random(f"{kind}-{seed}")  # noqa: S311 -- templates, no secret
    spec = template(kind)
    families = spec["families"]
    made: dict[str, Example] = {}
    for number in range(count):
        family = list(families)[number % len(families)]
        text = _written(draw.choice(families[family]), spec, draw)
        made.setdefault(
            text,
            Example(
                text=text, is_attack=kind == "attack", source=f"template-{kind}", category=family
            ),
        )
    return list(made.values())


@cache
def template(kind: str) -> dict[str, Any]:
    """Return the templates of a kind, ``slots`` and ``families``, of all files of its name."""
    folder = files("llmops_magics.guard.training").joinpath("template")
    merged: dict[str, Any] = {"slots": {}, "families": {}}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith(kind) and path.name.endswith(".yaml"):
            spec = yaml.safe_load(path.read_text("utf-8"))
            merged["slots"] |= spec.get("slots", {}) | spec.get("language_slots", {})
            merged["families"] |= spec["families"]
    return merged


def _written(pattern: str, spec: dict[str, Any], draw: random.Random) -> str:
    text = _filled(pattern, spec, draw, _DEPTH).strip()
    text = re.sub(r"[ ]{2,}", " ", text)
    return _cased(text, draw)


def _filled(pattern: str, spec: dict[str, Any], draw: random.Random, depth: int) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if not name:
            return match.group()[0]
        if name in _DISGUISED:
            return _disguised(
                name, _filled("{reveal} {secret}, then {evil}", spec, draw, depth - 1), draw
            )
        if name == _TOLD:
            attacks = template("attack")
            family = draw.choice([*attacks["families"]])
            return _filled(draw.choice(attacks["families"][family]), attacks, draw, depth)
        chosen = draw.choice(spec["slots"][name])
        return _filled(chosen, spec, draw, depth - 1) if depth else chosen

    return _SLOT.sub(fill, pattern)


def _disguised(name: str, text: str, draw: random.Random) -> str:
    if name == "code":
        return base64.b64encode(text.encode()).decode()
    if name == "backwards":
        return text[::-1]
    if name == "rotated":
        return codecs.encode(text, "rot13")
    if name == "spaced":
        return draw.choice((" ", "-", ".")).join(text)
    return text.translate(str.maketrans("aeiost", "431057"))


def _cased(text: str, draw: random.Random) -> str:
    """Return the text as people write: mostly with a capital, at times all in one case."""
    chance = draw.random()
    if chance < 0.08:
        return text.upper()
    if chance < 0.25:
        return text.lower()
    return text[:1].upper() + text[1:]
