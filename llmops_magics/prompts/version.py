"""An immutable prompt version with all it is made of, and the difference between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from llmops_magics.record import Record

_DRAFT_DIGITS = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True)
class Message:
    """One templated message: a role and a Jinja2 source."""

    role: str  # system, user or assistant
    content: str


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """Another prompt's text, as it was when the including version was registered.

    ``reference`` is what ``{% include "…" %}`` says; ``includes`` are those of ``content`` itself.
    """

    reference: str
    name: str
    digest: str
    content: str
    includes: tuple[Inclusion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """One case shown to the model: what it would be asked, and what it should say."""

    inputs: dict[str, Any]
    expected: Any


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The few-shot cases of a version, copied from the dataset they were taken from.

    ``user`` and ``assistant`` are the templates of each example's two messages; an empty ``user``
    means the template of the prompt's last user message.
    """

    cases: tuple[Example, ...]
    dataset: str = ""  # name@sha256:…, "" for cases that are written out in the prompt
    user: str = ""
    assistant: str = "{{ expected }}"


@dataclass(frozen=True, kw_only=True)
class ChangeTest:
    """What a version has to show before it may have a label: rules on an eval of a dataset."""

    data: str  # a file, or the reference of a dataset
    rules: tuple[str, ...]
    scorers: tuple[str, ...] = ()  # empty: those that the rules name
    model: str = ""  # "" means the prompt's own
    baseline: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs: ``field`` is a message, a setting, the model or a variable."""

    field: str  # e.g. "system", "user", "settings.temperature", "model", "variables"
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class PromptDiff(Record):
    """What changed from one version to another; no changes means the same content."""

    kind: ClassVar[str] = "prompt-diff"

    before: str  # name@number, "" for the first version
    after: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PromptVersion(Record):
    """What ``name@number`` means, for ever; a draft that is not registered has the number 0.

    ``digest`` is taken of the name-free content (``content.PromptContent``): messages, model,
    settings (tools and response format among them) and, where there are any, inputs, includes,
    examples, images, tests and risk (it decides what a release needs). ``variables`` are the names
    that the templates read, sorted.
    """

    kind: ClassVar[str] = "prompt-version"

    name: str
    number: int
    digest: str
    messages: tuple[Message, ...]
    model: str  # "" means the workspace's default
    settings: dict[str, Any]
    description: str
    variables: tuple[str, ...]
    message: str  # why, as a commit message
    author: str
    created_at: str
    source: str
    labels: tuple[str, ...] = ()
    is_new: bool = field(default=False)  # whether this call registered it
    outcome: str = ""  # new version, unchanged, would be new, would be unchanged; "" if only read
    diff: PromptDiff | None = None  # against the version before, where the caller asked for it
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)  # JSON schema by variable
    sample: dict[str, Any] = field(default_factory=dict)  # values for previews; not in the digest
    includes: tuple[Inclusion, ...] = ()
    examples: Examples | None = None
    images: dict[str, str] = field(default_factory=dict)  # file named in a template -> artifact
    tests: tuple[ChangeTest, ...] = ()
    risk: str = ""  # low or high, "" where the text says nothing
    tags: dict[str, str] = field(default_factory=dict)  # not in the digest

    @property
    def ref(self) -> str:
        """The reference that always means this version: ``name@number``, a draft's by digest."""
        return f"{self.name}@{self.number or self.digest[:_DRAFT_DIGITS]}"

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools the model may call, in OpenAI's form."""
        tools: list[dict[str, Any]] = self.settings.get("tools", [])
        return tools

    @property
    def required(self) -> tuple[str, ...]:
        """The variables that a rendering must be given: those read that have no default."""
        return tuple(n for n in self.variables if "default" not in self.inputs.get(n, {}))
