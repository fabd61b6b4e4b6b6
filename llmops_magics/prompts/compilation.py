"""From a template's text to what runs, and to what it reads: each text once, then remembered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Template, TemplateSyntaxError, meta, nodes

from llmops_magics.prompts.image import is_address
from llmops_magics.prompts.meter import IMAGE
from llmops_magics.prompts.sandbox import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_magics.prompts.version import Inclusion


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a template reads: variables, other prompts, and images (files that it names)."""

    variables: frozenset[str]
    references: tuple[str, ...]
    image_files: tuple[str, ...]
    has_images: bool
    included_chars: int  # of all inclusions, as often as they are reached


# What Python's compiler and its parser raise for text that is nested too deeply or too large.
COMPILE_ERRORS = (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError)


def explain(error: BaseException) -> str:
    """Return why a template does not compile, in one line."""
    if isinstance(error, RecursionError | MemoryError):
        return "it is nested too deeply"
    message = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    return (message or "it is not valid").rstrip(".")


def compile_outline(content: str) -> Template:
    """Compile a message without what it includes, to see that it compiles."""
    return _build(content, None if "include" in content else ())[0]


def compile_template(content: str, includes: tuple[Inclusion, ...] = ()) -> Template:
    """Compile one message; raises Jinja's ``TemplateSyntaxError`` and, for deep nesting, others."""
    return _build(content, includes if "include" in content else ())[0]


def read_template(content: str, includes: tuple[Inclusion, ...] | None = None) -> Reading:
    """Find what a template reads; with ``includes`` None, not what its inclusions read."""
    return _build(content, includes if "include" in content else ())[1]


@lru_cache(maxsize=512)
def _build(content: str, includes: tuple[Inclusion, ...] | None) -> tuple[Template, Reading]:
    """Parse once for both: what runs, and what it reads."""
    tree, references, expansion = ENVIRONMENT.build(content, includes)
    calls = [node for node in tree.find_all(nodes.Filter) if node.name == IMAGE]
    named = [call.node.value for call in calls if isinstance(call.node, nodes.Const)]
    files = [path for path in named if isinstance(path, str) and not is_address(path)]
    reading = Reading(
        variables=frozenset(meta.find_undeclared_variables(tree)),
        references=references,
        image_files=tuple(dict.fromkeys(files)),
        has_images=bool(calls),
        included_chars=expansion.characters,
    )
    return ENVIRONMENT.from_string(tree), reading


def read_variables(
    contents: Iterable[str], includes: tuple[Inclusion, ...] | None = None
) -> tuple[str, ...]:
    """Return the names that templates read from outside, sorted."""
    found = (read_template(content, includes).variables for content in contents)
    return tuple(sorted(frozenset().union(*found)))
