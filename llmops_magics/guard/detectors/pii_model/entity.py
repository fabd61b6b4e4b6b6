"""What a model names in a text, before it is decided whether that is personal."""

from __future__ import annotations

from typing import NamedTuple


class Entity(NamedTuple):
    """A stretch of a text; ``label`` is the model's own, ``score`` between 0 and 1."""

    label: str
    start: int
    end: int
    score: float


def is_lower_word(text: str, entity: Entity) -> bool:
    """Tell whether an entity has no capital in a text that has some: rarely a name."""
    return text[entity.start : entity.end].islower() and not text.islower()


def to_words(text: str, entity: Entity) -> Entity:
    """Return the entity grown to the whole words that it touches."""
    start, end = entity.start, entity.end
    while start > 0 and end - start < 100 and (text[start - 1] + text[start]).isalpha():
        start -= 1
    while end < len(text) and end - start < 100 and (text[end - 1] + text[end]).isalpha():
        end += 1
    return entity._replace(start=start, end=end)
