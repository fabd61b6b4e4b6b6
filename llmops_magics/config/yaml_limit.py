"""What YAML from elsewhere may not hold, found before any object is made of it.

A safe loader builds no foreign objects, but follows aliases (a few lines stand for gigabytes) and
takes time with the square of the depth. The events are read one by one, and the first that is too
much ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 200
MAX_NUMBER_CHARACTERS = 400


class YamlAliasError(ValueError):
    """There is an alias: what it stands for may be of any size."""


def refuse_surprises(text: str, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise ``YamlAliasError`` for an alias, ``ValueError`` for what is nested too deeply.

    What is no YAML raises ``yaml.YAMLError``.
    """
    import yaml

    loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > max_depth:
            raise ValueError("nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            raise YamlAliasError("an alias")
        if isinstance(event, yaml.ScalarEvent) and _is_slow(event):
            raise ValueError("a number that is too long")


def _is_slow(scalar: yaml.ScalarEvent) -> bool:
    """Tell of a plain text that may be read as a number to the base 60, in quadratic time."""
    is_plain = scalar.implicit[0] and len(scalar.value) > MAX_NUMBER_CHARACTERS
    return is_plain and ":" in scalar.value and scalar.value[0] in "+-0123456789"
