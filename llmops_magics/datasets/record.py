"""What the operations on datasets return: records that show themselves, masked where they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.datasets.duplicate import THRESHOLD, ExactGroup, NearPair
from llmops_magics.datasets.freezing import DatasetFreeze
from llmops_magics.datasets.leakage import Leak
from llmops_magics.datasets.shown import ShownRecord

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class DatasetListing:
    """One name with its newest version."""

    name: str
    number: int
    digest: str
    case_count: int
    frozen: bool
    message: str
    author: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class DatasetList(ShownRecord):
    """The datasets of a workspace, by name."""

    kind: ClassVar[str] = "dataset-list"

    datasets: tuple[DatasetListing, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a dataset."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["datasets"])


@dataclass(frozen=True, kw_only=True)
class DatasetUse:
    """Where a dataset is used: ``what`` is eval, test or examples."""

    what: str
    ref: str  # of the prompt
    detail: str  # the run's id and state, or the reference that the prompt has
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetView(ShownRecord):
    """A version, or a sample of one: what it holds, where it is used, and its first rows.

    ``rows`` are masked unless the workspace shows all; ``dataset`` has the cases as they are, and
    is no part of the stored record.
    """

    kind: ClassVar[str] = "dataset-view"

    ref: str
    digest: str
    case_count: int
    columns: tuple[str, ...]
    tags: dict[str, int]  # cases with each
    groups: int  # different groups, 0 if no case has one
    with_expected: int
    rows: tuple[dict[str, Any], ...]
    schema: dict[str, Any] = field(default_factory=dict)
    is_schema_set: bool = False
    versions: int = 0
    frozen: DatasetFreeze | None = None
    message: str = ""
    author: str = ""
    created_at: str = ""
    uses: tuple[DatasetUse, ...] = ()
    use_count: int = 0  # uses may be the newest few of them
    drawn: str = ""  # how a sample or a slice was taken, "" for the whole version
    dataset: DatasetVersion | None = field(
        default=None, repr=False, compare=False, metadata={"stored": False}
    )

    def to_pandas(self) -> pd.DataFrame:
        """Return every case of it, as it is: no row is masked."""
        import pandas as pd

        return self.dataset.to_pandas() if self.dataset else pd.DataFrame(self.rows)


@dataclass(frozen=True, kw_only=True)
class DatasetChange(ShownRecord):
    """What an import or an addition did to a name.

    ``is_new`` is False where the newest version had these cases and this schema already. ``notes``
    say in a sentence each what deserves a look: duplicates, leaks, what a file left out.
    """

    kind: ClassVar[str] = "dataset-change"

    action: str  # import, add, sample, schema
    name: str
    number: int
    digest: str
    case_count: int
    is_new: bool
    before: int = 0  # the newest version until then, 0 if there was none
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    source: str = ""
    notes: tuple[str, ...] = ()
    dataset: DatasetVersion | None = field(
        default=None, repr=False, compare=False, metadata={"stored": False}
    )

    @property
    def ref(self) -> str:
        """The reference of the version."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, kw_only=True)
class DatasetSchema(ShownRecord):
    """The schema of a version, masked; ``is_set`` if it was written by hand and binds in full."""

    kind: ClassVar[str] = "dataset-schema"

    ref: str
    schema: Mapping[str, Any]
    is_set: bool
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class DatasetExport(ShownRecord):
    """A version that was written to a file."""

    kind: ClassVar[str] = "dataset-export"

    ref: str
    digest: str
    path: str
    case_count: int
    size_bytes: int
    drawn: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetCheck(ShownRecord):
    """Duplicates within a dataset, and cases that prompts show.

    ``threshold`` is the least Jaccard index of a near pair. ``is_complete`` is False where the
    search for near pairs stopped at its limit.
    """

    kind: ClassVar[str] = "dataset-check"

    ref: str
    digest: str
    case_count: int
    exact: tuple[ExactGroup, ...]
    near: tuple[NearPair, ...]
    leaks: tuple[Leak, ...]
    prompts: tuple[str, ...]  # those that were looked through
    threshold: float = THRESHOLD
    is_complete: bool = True

    @property
    def found(self) -> bool:
        """Tell whether there is anything to mend."""
        return bool(self.exact or self.near or self.leaks)
