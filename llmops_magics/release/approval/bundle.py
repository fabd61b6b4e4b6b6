"""What is released together: a prompt's version, its model and settings, and the indexes it reads.

Evidence and approvals are about a bundle and not about a prompt alone: the same text with another
model or another index is another bundle. The digest leaves out the version's number, which is of
one store only; so the same bundle has the same digest in every store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import ReleaseError
from llmops_magics.record import digest

if TYPE_CHECKING:
    from llmops_magics.prompts.version import PromptVersion


@dataclass(frozen=True, kw_only=True)
class ReleaseBundle:
    """What an environment serves of a prompt.

    ``prompt_digest`` is the version's, ``model`` the one that answers it (never empty: the
    workspace's default where the prompt names none), ``settings_digest`` that of its settings, and
    ``index`` the fingerprint of each corpus's index that it reads, by corpus.
    """

    prompt: str
    number: int
    prompt_digest: str
    model: str
    settings_digest: str
    index: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """The reference of the version: ``name@number``."""
        return f"{self.prompt}@{self.number}"

    @property
    def digest(self) -> str:
        """The digest of all but the number: ``sha256:…``."""
        return digest({k: v for k, v in self.to_dict().items() if k != "number"})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that is stored and signed."""
        return {
            "prompt": self.prompt,
            "number": self.number,
            "prompt_digest": self.prompt_digest,
            "model": self.model,
            "settings_digest": self.settings_digest,
            "index": dict(sorted(self.index.items())),
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> ReleaseBundle:
        """Read what ``to_dict`` gave; raises ``ReleaseError`` for anything else."""
        try:
            return cls(
                prompt=str(body["prompt"]),
                number=int(body["number"]),
                prompt_digest=str(body["prompt_digest"]),
                model=str(body["model"]),
                settings_digest=str(body["settings_digest"]),
                index={str(name): str(found) for name, found in body["index"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReleaseError(
                f"this is no bundle of a release: {type(error).__name__} {error}.",
                hint="Promote a version again; what the store holds was not written by us.",
            ) from error


def bundle_of(
    version: PromptVersion, *, model: str, index: Mapping[str, str] | None = None
) -> ReleaseBundle:
    """Return the bundle of a version; ``model`` answers it where the version names none."""
    return ReleaseBundle(
        prompt=version.name,
        number=version.number,
        prompt_digest=version.digest,
        model=version.model or model,
        settings_digest=digest(version.settings),
        index=dict(index or {}),
    )
