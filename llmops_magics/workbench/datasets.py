"""What one does with datasets, all in one place: ``workspace.datasets``.

The registry keeps versions and knows of no prompt and no eval; here it meets both. Each method is
what ``%llm_dataset`` and ``llmops dataset`` call. What comes back to be shown is masked unless the
workspace keeps everything (``capture = "full"``); the cases themselves are as they were given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.datasets import freezing
from llmops_magics.datasets.case import row_from_case
from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_cases
from llmops_magics.datasets.diff import DatasetDiff, diff
from llmops_magics.datasets.duplicate import find_duplicates
from llmops_magics.datasets.freezing import DatasetFreeze
from llmops_magics.datasets.leakage import find_leaks
from llmops_magics.datasets.record import (
    DatasetChange,
    DatasetCheck,
    DatasetExport,
    DatasetList,
    DatasetListing,
    DatasetSchema,
    DatasetView,
)
from llmops_magics.datasets.reference import StoredVersion, check_name, newest_versions
from llmops_magics.datasets.registry import Commit, DatasetRegistry
from llmops_magics.datasets.sampling import in_slice, sample
from llmops_magics.datasets.schema import check_schema, infer_schema, refuse_breaches
from llmops_magics.datasets.writer import write
from llmops_magics.errors import DatasetError
from llmops_magics.redaction import redact, redact_value
from llmops_magics.workbench import usage
from llmops_magics.workbench.bench import Bench
from llmops_magics.workbench.intake import Intake

if TYPE_CHECKING:
    from llmops_magics.prompts.registry import PromptRegistry

SHOWN_ROWS = 10


class Datasets:
    """The datasets of a workspace: imported, grown, compared, checked, frozen and exported."""

    def __init__(
        self,
        bench: Bench,
        prompts: Callable[[], PromptRegistry],
        actor: Callable[[], str],
        flush_spans: Callable[[], None] = lambda: None,
    ) -> None:
        self._bench = bench
        self._prompts = prompts
        self.registry = DatasetRegistry(bench.store(), actor=actor)
        self._intake = Intake(bench, self.registry, prompts, flush_spans)

    def register(self, dataset: DatasetVersion) -> DatasetVersion:
        """Keep a dataset under its name, as an eval does with what it is given."""
        return self.registry.register(dataset)

    def get(self, reference: str) -> DatasetVersion:
        """Return the cases of ``name`` (newest), ``name@3``, ``name@sha256:…`` or a digest."""
        return self.registry.get(reference)

    def read(self, source: Any) -> DatasetVersion:
        """Return what a file, a DataFrame, rows or a reference means; nothing is written."""
        return self.registry.read(source)

    def resolve(self, source: Any) -> DatasetVersion:
        """Return what ``read`` does, registered."""
        return self.registry.resolve(source)

    def names(self) -> Sequence[str]:
        """Return the names of the datasets."""
        return self.registry.names()

    def list(self) -> DatasetList:
        """Return every dataset with its newest version."""
        with self._bench.store().read() as connection:
            frozen = freezing.frozen_names(connection)
            newest = newest_versions(connection)
        return DatasetList(
            datasets=tuple(
                DatasetListing(
                    name=version.name,
                    number=version.number,
                    digest=version.digest,
                    case_count=version.case_count,
                    frozen=version.name in frozen,
                    message=self._masked(version.message),
                    author=version.author,
                    created_at=version.created_at,
                )
                for version in newest
            )
        )

    def show(self, reference: str, *, rows: int = SHOWN_ROWS, part: str = "") -> DatasetView:
        """Return what a version holds and where it is used; ``part`` is a slice of it.

        A slice is a tag or ``column=value``.
        """
        version, dataset = self._load(reference)
        if part:
            dataset = _sliced(dataset, part)
        uses, use_count = usage.uses_of(self._bench.store(), self._prompts(), version)
        with self._bench.store().read() as connection:
            frozen = freezing.state_of(connection, version.name)
        return self._view(
            version,
            dataset,
            rows,
            drawn=f"slice {part}" if part else "",
            versions=len(self.registry.versions(version.name)),
            frozen=frozen if frozen and frozen.frozen else None,
            uses=uses,
            use_count=use_count,
        )

    def sample(
        self, reference: str, n: int, *, seed: int = 0, by: str = "", part: str = "", to: str = ""
    ) -> DatasetView:
        """Draw ``n`` cases; the same seed draws the same ones. ``to`` keeps them under a name.

        ``by`` keeps the proportions of a column's values, or of ``tags``. The cases as they are
        stand in ``dataset`` of what comes back, ready for an eval.
        """
        version, dataset = self._load(reference)
        part_of = _sliced(dataset, part) if part else dataset
        drawn = f"{n} drawn with seed {seed}"
        drawn += (f" by {by}" if by else "") + (f" from slice {part}" if part else "")
        cases = sample(part_of.cases, n, seed, by=by)
        name = check_name(to) if to else version.name
        taken = dataset_from_cases(cases, name)
        if to:
            commit = Commit(message=f"{drawn} of {version.ref}", is_explicit=True)
            taken = self.registry.register(taken, commit)
        return self._view(version, taken, SHOWN_ROWS, drawn=drawn)

    def diff(self, before: str, after: str) -> DatasetDiff:
        """Return what changed from one version to another, by id and field by field."""
        (one, old), (other, new) = self._load(before), self._load(after)
        schemas = [self._schema_of(*pair) for pair in ((one, old), (other, new))]
        return diff(
            old,
            new,
            is_schema_changed=schemas[0] != schemas[1],
            redacted=self._bench.redacted(),
        )

    def import_data(self, name: str, source: Any, *, message: str = "") -> DatasetChange:
        """Make a file, a DataFrame or rows the newest version of a name.

        A schema that was set for the name binds the cases, and goes on with the new version.
        """
        return self._intake.import_data(name, source, message=message)

    def add(
        self, name: str, source: Any, *, replace: bool = False, message: str = ""
    ) -> DatasetChange:
        """Append cases and make a new version; one that is there already changes nothing.

        The same id with other content is refused unless ``replace``.
        """
        return self._intake.add(name, source, replace=replace, message=message)

    def add_from_trace(
        self,
        name: str,
        trace_id: str,
        *,
        expected: str | None = None,
        column: str = "",
        replace: bool = False,
    ) -> DatasetChange:
        """Add a case for each model call of a stored trace; nothing is expected unless told.

        ``expected`` may be ``@output``: what the model said. ``column`` is the input's name, that
        of the dataset's only column unless told.
        """
        return self._intake.add_from_trace(
            name, trace_id, expected=expected, column=column, replace=replace
        )

    def add_failing(
        self,
        name: str,
        run_id: str,
        *,
        scorer: str = "",
        below: float | None = None,
        replace: bool = False,
    ) -> DatasetChange:
        """Add the cases that failed in a finished run, by one score or by any.

        A score that is a number fails ``below`` a limit.
        """
        return self._intake.add_failing(name, run_id, scorer=scorer, below=below, replace=replace)

    def freeze(self, name: str, *, unfreeze: bool = False, reason: str = "") -> DatasetFreeze:
        """Refuse further versions of a name, or with ``unfreeze`` and a reason allow them."""
        return self.registry.freeze(name, frozen=not unfreeze, reason=reason)

    def export(
        self, reference: str, path: str | Path, *, part: str = "", overwrite: bool = False
    ) -> DatasetExport:
        """Write a version to a file by its ending; read back it has the same digest."""
        version, dataset = self._load(reference)
        dataset = _sliced(dataset, part) if part else dataset
        size = write(dataset.cases, Path(path), overwrite=overwrite)
        return DatasetExport(
            ref=version.ref,
            digest=dataset.digest,
            path=str(path),
            case_count=len(dataset),
            size_bytes=size,
            drawn=f"slice {part}" if part else "",
        )

    def schema(self, reference: str, *, new: Any = None) -> DatasetSchema:
        """Return a version's schema; with ``new`` make a version of the name that has that one.

        The cases of the newest version must fit it, and from then on every case that is added.
        """
        if new is None:
            version, dataset = self._load(reference)
            schema = self._schema_of(version, dataset)
            return self._schema_record(version.ref, schema, version.is_schema_set)
        plain = check_schema(new)
        version, dataset = self._load(reference)
        newest = self.registry.newest(version.name)
        if newest is not None and newest.number != version.number:
            raise DatasetError(
                f"{version.ref} is not the newest version.", hint=f"Name {version.name} alone."
            )
        refuse_breaches(dataset.cases, plain, is_set=True)
        commit = Commit(
            message="schema", schema=plain, is_explicit=True, expected_base=version.number
        )
        made = self.registry.register(dataset, commit)
        is_new = made.number != version.number
        return self._schema_record(made.ref, plain, is_set=True, is_new=is_new)

    def check(self, reference: str, *, prompt: str = "") -> DatasetCheck:
        """Report duplicates and near-duplicates, and the cases that prompts show.

        With no ``prompt`` the few-shot examples of every live one are looked through; with one its
        messages are too.
        """
        version, dataset = self._load(reference)
        duplicates = find_duplicates(dataset.cases)
        shown = (
            [usage.shown_by(self._prompts().get(prompt))]
            if prompt
            else usage.all_shown(self._prompts())
        )
        return DatasetCheck(
            ref=version.ref,
            digest=version.digest,
            case_count=len(dataset),
            exact=duplicates.exact,
            near=duplicates.near,
            leaks=find_leaks(dataset.cases, shown),
            prompts=tuple(each.ref for each in shown),
            is_complete=duplicates.is_complete,
        )

    def _load(self, reference: str) -> tuple[StoredVersion, DatasetVersion]:
        version = self.registry.version(reference)
        return version, self.registry.load(version)

    def _schema_of(self, version: StoredVersion, dataset: DatasetVersion) -> dict[str, Any]:
        return version.schema if version.schema is not None else infer_schema(dataset.cases)

    def _schema_record(
        self, ref: str, schema: dict[str, Any], is_set: bool, *, is_new: bool = False
    ) -> DatasetSchema:
        shown = redact_value(schema) if self._bench.redacted() else schema
        return DatasetSchema(ref=ref, schema=shown, is_set=is_set, is_new=is_new)

    def _masked(self, text: str) -> str:
        return redact(text) if self._bench.redacted() else text

    def _view(
        self, version: StoredVersion, dataset: DatasetVersion, rows: int, **more: Any
    ) -> DatasetView:
        first = [row_from_case(case) for case in dataset.cases[: max(0, rows)]]
        shown = redact_value(first) if self._bench.redacted() else first
        schema = self._schema_of(version, dataset)
        return DatasetView(
            ref=dataset.ref if dataset.number else version.ref,
            digest=dataset.digest,
            case_count=len(dataset),
            columns=dataset.columns,
            tags=dict(Counter(tag for case in dataset.cases for tag in case.tags).most_common()),
            groups=len({str(c.metadata["group"]) for c in dataset.cases if "group" in c.metadata}),
            with_expected=sum(case.expected is not None for case in dataset.cases),
            rows=tuple(shown),
            schema=redact_value(schema) if self._bench.redacted() else schema,
            is_schema_set=version.is_schema_set,
            message=self._masked(version.message),
            author=version.author,
            created_at=version.created_at,
            dataset=dataset,
            **more,
        )


def _sliced(dataset: DatasetVersion, expression: str) -> DatasetVersion:
    cases = tuple(filter(in_slice(expression), dataset.cases))
    if not cases:
        tags = sorted({tag for case in dataset.cases for tag in case.tags})
        raise DatasetError(
            f"No case of {dataset.ref} is in the slice {expression!r}.",
            hint=f"Its tags: {', '.join(tags[:SHOWN_ROWS]) or 'none'}; its columns: "
            f"{', '.join(dataset.columns[:SHOWN_ROWS])}.",
        )
    return dataset_from_cases(cases, dataset.name)
