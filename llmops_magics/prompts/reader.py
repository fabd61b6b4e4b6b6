"""Read prompts from a store that may be away, come back, or be replaced meanwhile.

Reading makes no store: a database file that is not there is an error, and one that was replaced
(restored, redeployed) is opened anew rather than read on through its old handle. Whatever keeps
the store from answering is a ``StoreError``; a ``PromptReferenceError`` is its answer.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.config.location import default_store_url
from llmops_magics.errors import StoreError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.prompt import STORE, Prompt

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.serving.pointer import Pointer
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.storage.place import FileIdentity
    from llmops_magics.storage.store import Store


class PromptReader:
    """Reads one workspace's prompts, from one thread at a time."""

    def __init__(self, root: Path, store_url: str = "", artifacts: str = "") -> None:
        self.root = root
        self._url = store_url
        self._artifacts = artifacts
        self._opened: tuple[Store, PromptRegistry] | None = None
        self._file: FileIdentity | None = None
        self._settings: Settings | None = None  # a cached_property holds a lock that a fork keeps

    def anew(self) -> PromptReader:
        """Return a reader of the same prompts that has opened nothing."""
        return PromptReader(self.root, self._url, self._artifacts)

    @property
    def settings(self) -> Settings:
        """What the workspace's ``llmops.toml`` and the environment say, when first asked."""
        from llmops_magics.config.settings import load_settings

        if self._settings is None:
            self._settings = load_settings(self.root)
        return self._settings

    def read(self, reference: str) -> Prompt:
        """Return what a reference means now, with the content of its image files."""
        from sqlalchemy.exc import SQLAlchemyError

        from llmops_magics.prompts.serving.resolution import find_pointer

        store, registry = self._open()
        try:
            pointer = find_pointer(store, reference)
            if pointer is None:
                return self._build(store, registry.get(reference))
            return self._served(store, registry, pointer)
        except (SQLAlchemyError, OSError) as error:
            self.close()
            raise StoreError(
                f"the store cannot be read: {getattr(error, 'orig', error)}.",
                hint="Check that the database is there and may be read.",
            ) from error

    def changed_at(self) -> int:
        """Return the number of the newest change of any environment; raises ``StoreError``."""
        from sqlalchemy.exc import SQLAlchemyError

        from llmops_magics.prompts.serving.pointer import read_changed_at

        store, _ = self._open()
        try:
            with store.glance() as reader:
                return read_changed_at(reader)
        except (SQLAlchemyError, OSError) as error:
            self.close()
            raise StoreError(f"the store cannot be read: {error}.") from error

    def _served(self, store: Store, registry: PromptRegistry, pointer: Pointer) -> Prompt:
        """Return the stable version that an environment serves, with the other arms beside it."""
        from llmops_magics.prompts.serving.pointer import ARMS, STABLE

        found: dict[str, Prompt] = {}
        for arm in ARMS:
            target = pointer.target(arm)
            if arm != STABLE and target is pointer.stable:
                continue
            version = registry.get(f"{pointer.prompt}@{target.number}")
            found[arm] = release(self._build(store, version), pointer, arm)
        stable = found.pop(STABLE)
        return replace(stable, arms=found)

    def close(self) -> None:
        """Close the store; the next read opens it again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened[0].close()

    def _build(self, store: Store, version: PromptVersion) -> Prompt:
        return Prompt(
            name=version.name,
            version=version.number,
            digest=version.digest,
            labels=version.labels,
            kept=PromptContent.of(version),
            source=STORE,
            is_stale=False,
            default_model=self.settings.production_model,
            kept_images=_images(store, version),
            root=self.root,
        )

    def _open(self) -> tuple[Store, PromptRegistry]:
        from llmops_magics.audit.actor import current_actor
        from llmops_magics.prompts.registry import PromptRegistry
        from llmops_magics.storage.store import Store

        file = _file_of(self._address())
        if file != self._file:
            self.close()
        if self._opened is None:
            artifacts = self._artifacts or self.settings.store.artifacts
            store = Store.open(self._address(), artifacts)
            self._opened = store, PromptRegistry(store, actor=current_actor)
            self._file = file
        return self._opened

    def _address(self) -> str:
        """Return the store's address, which no variable holds: it may have a password."""
        return self._url or self.settings.store.url or default_store_url(self.root)


def release(prompt: Prompt, pointer: Pointer, arm: str) -> Prompt:
    """Return a prompt as an arm of an environment serves it, with the model of its release."""
    from llmops_magics.prompts.serving.resolution import rollout_of

    target = pointer.target(arm)
    return replace(
        prompt,
        default_model=target.model or prompt.default_model,
        environment=pointer.environment,
        arm=arm,
        rollout_id=rollout_of(pointer),
        index=target.index,
        pointer=pointer,
    )


def _file_of(url: str) -> FileIdentity | None:
    """Return the identity of an SQLite file, which is another after it was replaced."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from llmops_magics.storage.place import identify

    try:
        location = make_url(url)
    except ArgumentError:
        return None  # opening it says so
    if location.get_backend_name() != "sqlite":
        return None
    return identify(location.database or "")


def _images(store: Store, version: PromptVersion) -> dict[str, bytes]:
    try:
        return {artifact: store.artifacts.get(artifact) for artifact in version.images.values()}
    except StoreError:
        raise
    except Exception as error:  # whatever the file system of the artifacts raises
        raise StoreError(
            f"an image of {version.ref} cannot be read from {store.artifacts.url}: {error}.",
            hint="Check LLMOPS_ARTIFACTS.",
        ) from error
