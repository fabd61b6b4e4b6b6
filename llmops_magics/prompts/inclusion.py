"""Prompts within prompts: which ones a template includes, and their text as it is now.

An inclusion is looked up once, when the including version is registered, and stored with it: what
a version says never changes because another prompt does. At most ``MAX_INCLUSIONS`` texts and
``MAX_EXPANDED_CHARS`` characters go into one prompt, whichever way they are nested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from llmops_magics.errors import PromptReferenceError, PromptSyntaxError
from llmops_magics.prompts.reference import parse_reference
from llmops_magics.prompts.version import Inclusion, PromptVersion

MAX_INCLUSIONS = 200
MAX_INCLUSION_DEPTH = 10
MAX_EXPANDED_CHARS = 1024 * 1024


def read_reference(node: nodes.Include) -> str:
    """Return the prompt reference of an include tag; only a literal one can be looked up."""
    reference = node.template.value if isinstance(node.template, nodes.Const) else None
    if not isinstance(reference, str):
        raise TemplateSyntaxError(
            'an include names its prompt literally: {% include "policy/refusal@production" %}',
            node.lineno,
        )
    if node.ignore_missing or not node.with_context:
        raise TemplateSyntaxError(
            "an include takes neither `ignore missing` nor `without context`", node.lineno
        )
    try:
        parse_reference(reference)
    except PromptReferenceError as error:
        raise TemplateSyntaxError(str(error), node.lineno) from error
    if reference != reference.strip():
        raise TemplateSyntaxError(f"{reference!r} has blanks around it", node.lineno)
    return reference


def check_pins(pins: Mapping[str, str], references: Iterable[str]) -> None:
    """Refuse a pin of what is not included, and one that leads to another prompt."""
    known = tuple(references)
    for reference, pin in pins.items():
        if reference not in known:
            raise PromptSyntaxError(
                f"`includes` pins {reference!r}, which no message includes.",
                hint=f"Included: {', '.join(known) or 'nothing'}.",
            )
        if parse_reference(pin).name != parse_reference(reference).name:
            raise PromptSyntaxError(f"`includes` pins {reference!r} to another prompt, {pin!r}.")


def resolve(
    references: Iterable[str],
    lookup: Callable[[str], PromptVersion],
    *,
    name: str,
    pins: Mapping[str, str],
    kept: Iterable[Inclusion] = (),
) -> tuple[tuple[Inclusion, ...], dict[str, str]]:
    """Return the inclusions that references mean now, and the images that they bring along.

    ``name`` is the including prompt's own: what includes it, directly or through others, is a
    cycle. ``kept`` are inclusions that stand for their reference without being looked up.
    """
    before = {inclusion.reference: inclusion for inclusion in kept}
    found: list[Inclusion] = []
    images: dict[str, str] = {}
    for reference in references:
        if reference in before and reference not in pins:
            inclusion = before[reference]
        else:
            if name and parse_reference(reference).name == name:
                raise _cycle(name, (name,))
            version = lookup(pins.get(reference, reference))
            inclusion = _include(reference, version)
            _merge_images(images, version)
        _refuse_cycle(name, inclusion)
        found.append(inclusion)
    _check_size(found)
    return tuple(found), images


def walk(inclusions: Iterable[Inclusion], depth: int = 1) -> Iterator[tuple[Inclusion, int]]:
    """Yield every inclusion of a tree with its depth: 1 for what a template itself includes."""
    for inclusion in inclusions:
        yield inclusion, depth
        yield from walk(inclusion.includes, depth + 1)


def _include(reference: str, version: PromptVersion) -> Inclusion:
    if len(version.messages) != 1:
        raise PromptSyntaxError(
            f"{version.ref} cannot be included: it has {len(version.messages)} messages.",
            hint="Include a prompt of one message.",
        )
    return Inclusion(
        reference=reference,
        name=version.name,
        digest=version.digest,
        content=version.messages[0].content,
        includes=version.includes,
    )


def _refuse_cycle(name: str, inclusion: Inclusion, path: tuple[str, ...] = ()) -> None:
    path = (*path, inclusion.name)
    if name and inclusion.name == name:
        raise _cycle(name, path)
    if len(path) > MAX_INCLUSION_DEPTH:
        raise PromptSyntaxError(
            f"{path[0]!r} includes others over {MAX_INCLUSION_DEPTH} levels deep."
        )
    for inner in inclusion.includes:
        _refuse_cycle(name, inner, path)


def _cycle(name: str, path: tuple[str, ...]) -> PromptSyntaxError:
    return PromptSyntaxError(
        f"The includes of {name!r} are a cycle: {' → '.join((name, *path))}.",
        hint="Take the text that both need into a prompt of its own.",
    )


def _merge_images(images: dict[str, str], version: PromptVersion) -> None:
    for path, digest in version.images.items():
        if images.setdefault(path, digest) != digest:
            raise PromptSyntaxError(
                f"Two included prompts mean different images by {path!r}, one of them "
                f"{version.ref}."
            )


def _check_size(inclusions: Iterable[Inclusion]) -> None:
    expansion = Expansion()
    for inclusion, _ in walk(inclusions):
        expansion.count(inclusion.content)
    if expansion.excess:
        raise PromptSyntaxError(f"The prompt includes {expansion.excess}.")


@dataclass
class Expansion:
    """How much one prompt includes, summed up while its templates are put together."""

    inclusions: int = 0
    characters: int = 0
    tokens: int = 0

    def count(self, content: str) -> None:
        """Note a text that is put in."""
        self.inclusions += 1
        self.characters += len(content)

    @property
    def excess(self) -> str:
        """What there is too much of, ``""`` if nothing."""
        if self.inclusions > MAX_INCLUSIONS:
            return f"over {MAX_INCLUSIONS} texts, counted as often as they are reached"
        if self.characters > MAX_EXPANDED_CHARS:
            return f"over {MAX_EXPANDED_CHARS:,} characters"
        return ""
