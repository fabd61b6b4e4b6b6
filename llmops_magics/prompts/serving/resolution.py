"""From ``prompt@label`` and a key to the version that an environment serves whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_magics.prompts.reference import parse_reference
from llmops_magics.prompts.serving.assignment import assign, is_drawn
from llmops_magics.prompts.serving.attribution import attributes_of
from llmops_magics.prompts.serving.pointer import SERVING, Pointer, read_served

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Served:
    """A version, and the release that it is served by: ``pointer`` is None where there is none."""

    version: PromptVersion
    pointer: Pointer | None = None
    arm: str = ""
    is_drawn: bool = True

    @property
    def model(self) -> str:
        """The model that was released with the version, "" where nothing was."""
        return self.pointer.target(self.arm).model if self.pointer else ""

    @property
    def attributes(self) -> dict[str, str]:
        """What a call with the version says of the release."""
        if self.pointer is None:
            return {}
        rollout = rollout_of(self.pointer)
        return attributes_of(
            self.version.ref,
            self.pointer.environment,
            self.arm,
            rollout,
            is_drawn=self.is_drawn,
        )


def find_pointer(store: Store, reference: str) -> Pointer | None:
    """Return what the environment that moves a reference's label serves, None if none does."""
    parsed = parse_reference(reference)
    if not parsed.label:
        return None
    with store.glance() as reader:
        return read_served(reader, parsed.name, parsed.label)


def resolve(
    store: Store,
    registry: PromptRegistry,
    reference: str,
    key: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Served:
    """Return the version of whoever asks; a reference that no release serves is what it says."""
    pointer = find_pointer(store, reference)
    if pointer is None:
        return Served(version=registry.get(reference))
    arm = assign(pointer, key, attributes)
    version = registry.get(f"{pointer.prompt}@{pointer.target(arm).number}")
    drawn = is_drawn(pointer, key, attributes)
    return Served(version=version, pointer=pointer, arm=arm, is_drawn=drawn)


def labels_of(settings: Settings) -> frozenset[str]:
    """Return the labels that environments move."""
    from llmops_magics.config.release import environments_of

    return frozenset(
        each.label or name for name, each in environments_of(settings.environments).items()
    )


def rollout_of(pointer: Pointer) -> str:
    """Return the rollout that is under way or holds back, "" for one that is over."""
    return "" if pointer.state == SERVING else pointer.rollout_id
