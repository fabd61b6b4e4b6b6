"""Prompts that come with the package: registered at their first use, marked by a tag.

A newer text of the package's is registered in turn where the newest version bears that mark; a
version of the user's own is left alone and goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmops_magics.errors import PromptReferenceError

if TYPE_CHECKING:
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.version import PromptVersion

MARK: Final = "comes-with"
PACKAGE: Final = "llmops_magics"


def packaged_version(
    prompts: PromptRegistry, name: str, source: str, *, message: str
) -> PromptVersion:
    """Return the version that is used under a name; ``source`` is the package's own text."""
    try:
        newest = prompts.get(name)
    except PromptReferenceError:
        return _register(prompts, name, source, message)
    if newest.tags.get(MARK) != PACKAGE:
        return newest
    wanted = prompts.preview(name, source).digest
    if newest.digest == wanted:
        return newest
    # Two releases of the package may share a store: each finds its own again.
    known = (v for v in prompts.versions(name) if v.tags.get(MARK) == PACKAGE)
    own = next((v for v in known if v.digest == wanted), None)
    return own or _register(prompts, name, source, message)


def _register(prompts: PromptRegistry, name: str, source: str, message: str) -> PromptVersion:
    return prompts.register(name, source, message=message, tags={MARK: PACKAGE})
