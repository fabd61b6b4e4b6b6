"""A prompt as production code holds it: one version, ready to be rendered for the chat API.

It holds all that a rendering needs, image files too, so that no call depends on the store again.
One is shared by all who ask for it, so what can be changed is given out as a copy only.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import ArtifactError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.serving.assignment import draw

if TYPE_CHECKING:
    from llmops_magics.prompts.serving.pointer import Pointer

STORE, CACHE, FALLBACK = "store", "cache", "fallback"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One version of a prompt, and where this copy of it came from.

    ``source`` is ``store`` (read for this very call), ``cache`` (read by an earlier one) or
    ``fallback`` (the fallback file). ``is_stale`` says that it is older than its time to live, so
    that a label may point elsewhere by now. ``kept`` and ``kept_images`` are what others have too:
    read ``content`` and ``images``.

    Of a prompt that an environment serves, ``arm`` says whether this is its stable version, the
    candidate or what the holdback keeps; ``rollout_id`` is that of a rollout under way, and
    ``index`` the fingerprint of the index to be searched, by corpus.
    """

    name: str
    version: int
    digest: str
    labels: tuple[str, ...]
    kept: PromptContent = field(repr=False)
    source: str
    is_stale: bool
    default_model: str = ""  # of the workspace, for a prompt that names none
    kept_images: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    root: Path | None = None  # image files named by a variable lie below it
    environment: str = ""
    arm: str = ""
    rollout_id: str = ""
    is_drawn: bool = True  # the arm, by a key's bucket: not by a rule, nor for want of a key
    index: Mapping[str, str] = field(default_factory=dict)
    pointer: Pointer | None = field(default=None, repr=False)
    arms: Mapping[str, Prompt] = field(default_factory=dict, repr=False)  # beside this one

    @property
    def ref(self) -> str:
        """The reference that always means this version: ``name@number``."""
        return f"{self.name}@{self.version}"

    @property
    def content(self) -> PromptContent:
        """The content of the version, copied at each look: to change it changes no prompt."""
        return copy.deepcopy(self.kept)

    @property
    def images(self) -> dict[str, bytes]:
        """The image files' content by artifact, copied at each look."""
        return dict(self.kept_images)

    @property
    def shadow(self) -> Prompt | None:
        """The candidate that answers beside this version and is never shown, if there is one."""
        is_shadow = self.pointer is not None and self.pointer.state == "shadow"
        return self.arms.get("candidate") if is_shadow else None

    def for_key(self, key: str | None, attributes: Mapping[str, Any] | None = None) -> Prompt:
        """Return the arm of whoever asks; see ``serving.assignment.assign``."""
        if not self.arms or self.pointer is None:
            return self
        arm, is_drawn = draw(self.pointer, key, attributes)
        found = self.arms.get(arm, self)
        return found if is_drawn else found.undrawn()

    def undrawn(self) -> Prompt:
        """Return the same prompt as whoever was not drawn gets it; made once."""
        there: Prompt | None = self.__dict__.get("_undrawn")
        if there is None:
            there = self.__dict__["_undrawn"] = replace(self, is_drawn=False)
        return there

    def serving(self) -> AbstractContextManager[None]:
        """Put version, arm and rollout on the spans of a block, other code's calls included."""
        from llmops_magics.prompts.serving.attribution import attributes_of
        from llmops_magics.tracing.served import serving

        said = attributes_of(
            self.ref, self.environment, self.arm, self.rollout_id, is_drawn=self.is_drawn
        )
        return serving(said)

    def messages(self, /, **variables: Any) -> list[dict[str, Any]]:
        """Fill in the variables; raises ``RenderError`` for one that is missing or ill-typed."""
        from llmops_magics.prompts.image import ImageReader
        from llmops_magics.prompts.render import render_prompt

        reader = ImageReader(load=self._image, root=self.root)
        return render_prompt(self.kept, variables, images=reader)

    def render(self, /, **variables: Any) -> dict[str, Any]:
        """Return the arguments of ``client.chat.completions.create(**…)``.

        These are the messages, the settings (tools and response format among them) and the model
        as its endpoint calls it: the prompt's, else that of the workspace's settings.
        """
        arguments = {"messages": self.messages(**variables), **copy.deepcopy(self.kept.settings)}
        model = self.kept.model or self.default_model
        return {"model": _bare(model), **arguments} if model else arguments

    def _image(self, artifact: str) -> bytes:
        if artifact not in self.kept_images:
            raise ArtifactError(f"{self.ref} does not hold the image {artifact}.")
        return self.kept_images[artifact]


def _bare(model: str) -> str:
    """Return ``endpoint/model`` without the endpoint, which is the caller's own client."""
    endpoint, slash, name = model.partition("/")
    return name if slash else endpoint
