"""From a template's text to what runs, and to what it reads: each text once, then remembered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Template, TemplateSyntaxError, meta, nodes

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.image import is_address
from llmops_magics.prompts.meter import IMAGE
from llmops_magics.prompts.sandbox import ENVIRONMENT, MAX_TOKENS

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
    tokens: int  # of Jinja, with those of the inclusions


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
        variables=frozenset(_find_variables(tree)),
        references=references,
        image_files=tuple(dict.fromkeys(files)),
        has_images=bool(calls),
        included_chars=expansion.characters,
        tokens=expansion.tokens,
    )
    return ENVIRONMENT.from_string(tree), reading


class _Finder(meta.TrackingCodeGenerator):
    """Jinja's search for variables without the folding of constants, which would compute them."""

    def __init__(self) -> None:
        super().__init__(ENVIRONMENT)
        self.optimizer = None


def _find_variables(tree: nodes.Template) -> set[str]:
    finder = _Finder()
    finder.visit(tree)
    return finder.undeclared_identifiers


class TokenCount:
    """How much Jinja the templates of one prompt have together: what compiling them costs."""

    def __init__(self) -> None:
        self._total = 0

    def add(self, reading: Reading) -> None:
        """Note a template; raises ``PromptSyntaxError`` once it is too much."""
        self._total += reading.tokens
        if self._total > MAX_TOKENS + 1:
            raise PromptSyntaxError(
                f"The prompt has more than {MAX_TOKENS:,} tokens of Jinja, with what it includes.",
                hint="Prepare large data in the notebook and pass it as a variable.",
            )


def each_once(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what stands in groups, in its order, each once."""
    return tuple(dict.fromkeys(item for group in groups for item in group))


def read_variables(
    contents: Iterable[str], includes: tuple[Inclusion, ...] | None = None
) -> tuple[str, ...]:
    """Return the names that templates read from outside, sorted."""
    found = (read_template(content, includes).variables for content in contents)
    return tuple(sorted(frozenset().union(*found)))
