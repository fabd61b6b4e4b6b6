"""The fallback file: the last prompts that the store gave, for the day it does not answer.

One JSON file holds several references, images included. It is replaced whole, readable by its
owner only, and several processes may write it. Each entry carries a digest of all of it, verified
when it is read: a damaged entry is refused. (No digest stops someone who may write the file and
computes it anew; keep the file as safe as the program.)
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmops_magics.errors import StoreError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.prompt import FALLBACK, Prompt
from llmops_magics.record import digest, digest_bytes, format_time, utc_now
from llmops_magics.storage.artifact import write_atomically
from llmops_magics.storage.private import private_folder

KIND = "prompt-fallback"
LOCK_TIMEOUT_S = 2.0


class FallbackFile:
    """Prompts by reference in one file, which is made when there is something to keep."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, reference: str, *, default_model: str = "", root: Path | None = None) -> Prompt:
        """Return the kept prompt; raises ``StoreError`` if there is none or it is damaged."""
        try:
            entry = self._load().get(reference)
        except (OSError, RecursionError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise StoreError(f"the fallback file {self.path} cannot be read: {reason}.") from error
        if entry is None:
            raise StoreError(f"the fallback file {self.path} does not hold {reference}.")
        try:
            return _build(entry, default_model, root)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise StoreError(
                f"the entry {reference} of the fallback file {self.path} was changed or damaged.",
                hint="Delete the file: it is written again when the store answers.",
            ) from error

    def keep(self, reference: str, prompt: Prompt) -> bool:
        """Write a prompt if the file does not hold the very same; return whether it did not.

        Raises ``OSError`` if it cannot be written (``TimeoutError`` if others go on writing it).
        """
        from filelock import FileLock

        entry = _entry(prompt)
        if self._holds(reference, entry):
            return False
        private_folder(self.path.parent)
        lock = self.path.with_name(f"{self.path.name}.lock")
        with FileLock(lock, timeout=LOCK_TIMEOUT_S, mode=0o600):
            prompts = self._load_or_begin()
            body = {**entry, "saved_at": format_time(utc_now())}
            prompts[reference] = {**body, "checksum": digest(body)}
            document = {"kind": KIND, "prompts": prompts}
            write_atomically(self.path, json.dumps(document, indent=1, sort_keys=True).encode())
        return True

    def _load(self) -> dict[str, Any]:
        document = json.loads(self.path.read_bytes())
        if not isinstance(document, dict) or document.get("kind") != KIND:
            raise ValueError("another kind of file")
        prompts: dict[str, Any] = document["prompts"]
        return prompts

    def _load_or_begin(self) -> dict[str, Any]:
        try:
            return dict(self._load())
        except (FileNotFoundError, KeyError, RecursionError, TypeError, ValueError):
            return {}  # what is damaged is of no use to anyone

    def _holds(self, reference: str, entry: dict[str, Any]) -> bool:
        try:
            there = self._load_or_begin().get(reference)
            _build(there or {}, "", None)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return False
        return isinstance(there, dict) and all(there.get(k) == v for k, v in entry.items())


def _entry(prompt: Prompt) -> dict[str, Any]:
    images = {k: base64.b64encode(v).decode() for k, v in sorted(prompt.kept_images.items())}
    pointer = prompt.pointer
    release = {"pointer": pointer.to_dict(), "arm": prompt.arm} if pointer else None
    arms = {arm: _entry(beside) for arm, beside in sorted(prompt.arms.items())}
    return {
        **({"release": release, "arms": arms} if release else {}),
        "name": prompt.name,
        "number": prompt.version,
        "digest": prompt.digest,
        "labels": list(prompt.labels),
        "content": prompt.kept.to_json(),
        "images": images,
    }


def _build(entry: dict[str, Any], default_model: str, root: Path | None) -> Prompt:
    body = {name: value for name, value in entry.items() if name != "checksum"}
    if digest(body) != entry["checksum"]:
        raise ValueError("the entry is not its checksum's")
    return _build_checked(entry, default_model, root)


def _build_checked(entry: dict[str, Any], default_model: str, root: Path | None) -> Prompt:
    """Build what a whole entry's checksum has vouched for: it covers the other arms as well."""
    content = PromptContent.from_json(entry["content"])
    images = {k: _decode(v) for k, v in entry["images"].items()}
    if content.digest != entry["digest"] or any(digest_bytes(v) != k for k, v in images.items()):
        raise ValueError("the content is not its digest's")
    prompt = Prompt(
        name=entry["name"],
        version=entry["number"],
        digest=entry["digest"],
        labels=tuple(entry["labels"]),
        kept=content,
        source=FALLBACK,
        is_stale=True,
        default_model=default_model,
        kept_images=images,
        root=root,
    )
    return _released(prompt, entry, default_model, root) if entry.get("release") else prompt


def _released(
    prompt: Prompt, entry: dict[str, Any], default_model: str, root: Path | None
) -> Prompt:
    from llmops_magics.prompts.reader import release
    from llmops_magics.prompts.serving.pointer import Pointer

    pointer = Pointer.from_dict(entry["release"]["pointer"])
    arms = {
        arm: _build_checked(beside, default_model, root) for arm, beside in entry["arms"].items()
    }
    return replace(release(prompt, pointer, entry["release"]["arm"]), arms=arms)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("an image is no base64") from error
