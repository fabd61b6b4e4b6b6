"""The records that list prompts: all of them, those that match a text, those that include one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class PromptListing:
    """One prompt: its newest version, and where its labels point."""

    name: str
    number: int
    digest: str
    description: str
    message: str
    author: str
    created_at: str
    labels: dict[str, int] = field(default_factory=dict)
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class PromptList(Record):
    """The prompts of a workspace, by name."""

    kind: ClassVar[str] = "prompt-list"

    prompts: tuple[PromptListing, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a prompt."""
        import pandas as pd

        columns = list(PromptListing.__dataclass_fields__)
        return pd.DataFrame([asdict(prompt) for prompt in self.prompts], columns=columns)


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One version that holds the text; ``field`` says where (name, message, source, tag)."""

    name: str
    number: int
    field: str
    line: int  # of the source, 0 elsewhere
    excerpt: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PromptSearch(Record):
    """Where a text occurs, without regard to case."""

    kind: ClassVar[str] = "prompt-search"

    text: str
    hits: tuple[SearchHit, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a hit."""
        import pandas as pd

        columns = list(SearchHit.__dataclass_fields__)
        return pd.DataFrame([asdict(hit) for hit in self.hits], columns=columns)


@dataclass(frozen=True, kw_only=True)
class Dependent:
    """A live version (the newest or a labelled one) that includes the prompt asked about."""

    name: str
    number: int
    labels: tuple[str, ...]
    included: int  # the version of the prompt asked about that it holds
    through: tuple[str, ...]  # the names between, () when it includes it directly
    is_behind: bool  # there is a newer version than the one it holds


@dataclass(frozen=True, kw_only=True)
class PromptDependents(Record):
    """What a change of a prompt touches."""

    kind: ClassVar[str] = "prompt-dependents"

    name: str
    newest: int
    dependents: tuple[Dependent, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a dependent version."""
        import pandas as pd

        columns = list(Dependent.__dataclass_fields__)
        return pd.DataFrame([asdict(found) for found in self.dependents], columns=columns)


@dataclass(frozen=True, kw_only=True)
class PromptFile:
    """One `.prompty` file that was written or read."""

    path: str
    ref: str
    digest: str
    is_new: bool = False  # on import: whether it made a version


@dataclass(frozen=True, kw_only=True)
class PromptTransfer(Record):
    """What an export wrote or an import read."""

    kind: ClassVar[str] = "prompt-transfer"

    action: str  # export or import
    files: tuple[PromptFile, ...]


@dataclass(frozen=True, kw_only=True)
class PromptArchive(Record):
    """A prompt that was put away, or taken out again."""

    kind: ClassVar[str] = "prompt-archive"

    name: str
    archived: bool
    changed: bool
    actor: str
    at: str
    reason: str = ""
    dependents: tuple[str, ...] = ()  # refs of live versions that go on including it
