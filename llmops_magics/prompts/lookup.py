"""What prompts may refer to, put together from functions: versions, datasets and image files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from llmops_magics.errors import PromptReferenceError

if TYPE_CHECKING:
    from llmops_magics.prompts.binding import CaseLike
    from llmops_magics.prompts.version import PromptVersion


def _no_datasets(reference: str) -> NoReturn:
    raise PromptReferenceError(
        f"The dataset {reference!r} cannot be read: this registry knows of no datasets.",
        hint="Register the prompt through a workspace.",
    )


def _no_images(path: str) -> NoReturn:
    raise PromptReferenceError(
        f"The image {path!r} cannot be read: this registry knows of no files.",
        hint="Register the prompt through a workspace.",
    )


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """The ``References`` of a registry; where a function is missing, asking for it is an error."""

    version: Callable[[str], PromptVersion]
    cases: Callable[[str], tuple[str, Sequence[CaseLike]]] = _no_datasets
    image: Callable[[str], str] = _no_images
