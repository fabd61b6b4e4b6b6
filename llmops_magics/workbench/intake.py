"""How cases come into a dataset: from files and variables, from traces, from what failed.

Each way ends in one new version, or in none where nothing is new, and in a record that says what
deserves a look: duplicates among what came, and cases that prompts show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.config.home import expanded
from llmops_magics.datasets.addition import Addition, add_cases, add_rows, replace_all
from llmops_magics.datasets.case import Case, row_from_case
from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_cases, dataset_from_rows
from llmops_magics.datasets.duplicate import Duplicates, find_duplicates
from llmops_magics.datasets.leakage import Leak, find_leaks
from llmops_magics.datasets.loader import read_rows
from llmops_magics.datasets.reader import READERS
from llmops_magics.datasets.record import DatasetChange, DatasetView
from llmops_magics.datasets.reference import StoredVersion, check_name
from llmops_magics.datasets.registry import Commit, DatasetRegistry
from llmops_magics.datasets.schema import infer_schema, refuse_breaches
from llmops_magics.datasets.traced import DEFAULT_COLUMN, cases_from_spans, cut_cases
from llmops_magics.errors import DatasetError
from llmops_magics.redaction import redact
from llmops_magics.workbench import usage
from llmops_magics.workbench.bench import Bench

if TYPE_CHECKING:
    from llmops_magics.prompts.registry import PromptRegistry


class Intake:
    """What makes new versions of a workspace's datasets; see ``Datasets`` for each method."""

    def __init__(
        self,
        bench: Bench,
        registry: DatasetRegistry,
        prompts: Callable[[], PromptRegistry],
        flush_spans: Callable[[], None],
    ) -> None:
        self._bench = bench
        self._registry = registry
        self._prompts = prompts
        self._flush_spans = flush_spans

    def import_data(self, name: str, source: Any, *, message: str = "") -> DatasetChange:
        """Make rows the newest version of a name."""
        rows, known = self._rows(source)
        dataset = dataset_from_rows(rows, check_name(name))
        there, cases = self._there(name)
        schema = there.schema if there and there.is_schema_set else None
        commit = Commit(message=message, schema=schema, is_explicit=True)
        addition = replace_all(cases, tuple(dataset.cases))
        return self._commit(there, dataset, addition, commit, action="import", source=known)

    def add(
        self, name: str, source: Any, *, replace: bool = False, message: str = ""
    ) -> DatasetChange:
        """Append rows to a name's newest version."""
        rows, known = self._rows(source)
        there, cases = self._there(name)
        addition = add_rows(cases, rows, name, replace=replace)
        return self._grow(there, cases, name, addition, source=known, message=message)

    def add_from_trace(
        self, name: str, trace_id: str, *, expected: str | None, column: str, replace: bool
    ) -> DatasetChange:
        """Append a case for each model call of a trace."""
        from llmops_magics.tracing.writer import read_trace

        self._flush_spans()
        spans = read_trace(self._bench.store(), trace_id)
        if not spans:
            raise DatasetError(
                f"There is no trace {trace_id[:80]!r} in this workspace.",
                hint="A sample of an eval and the table under a cell name their trace's id.",
            )
        there, cases = self._there(name)
        columns = {each for case in cases for each in case.inputs}
        only = next(iter(columns)) if len(columns) == 1 else DEFAULT_COLUMN
        made = cases_from_spans(spans, column=column or only, expected=expected)
        cut = cut_cases(made)
        notes = [f"the trace holds only the beginning of {', '.join(cut)}"] if cut else []
        addition = add_cases(cases, made, name, replace=replace)
        return self._grow(there, cases, name, addition, source=f"trace {trace_id}", notes=notes)

    def add_failing(
        self, name: str, run_id: str, *, scorer: str, below: float | None, replace: bool
    ) -> DatasetChange:
        """Append the cases that failed in a run."""
        from llmops_magics.evals.stored import load_run

        run = load_run(self._bench.store(), run_id, redacted=False)
        ids = set(usage.failing(run, scorer, below))
        if not ids:
            raise DatasetError(f"No case failed in {run_id}; nothing was added.")
        asked = self._registry.get(run.dataset_digest)
        there, cases = self._there(name)
        failed = [case for case in asked.cases if case.id in ids]
        addition = add_cases(cases, failed, name, replace=replace)
        return self._grow(there, cases, name, addition, source=f"failing in {run_id}")

    def _rows(self, source: Any) -> tuple[Sequence[Any], str]:
        """Return rows as they were written, or those of a dataset that is registered."""
        if isinstance(source, DatasetView) and source.dataset is not None:
            source = source.dataset
        if isinstance(source, str):
            path = expanded(source, DatasetError)
            if path.suffix.lower() not in READERS and not path.is_file():
                source = self._registry.read(source)
        if isinstance(source, DatasetVersion):
            return [row_from_case(case) for case in source.cases], source.ref
        rows, known = read_rows(source)
        return rows, str(source) if isinstance(source, str | Path) else known

    def _there(self, name: str) -> tuple[StoredVersion | None, Sequence[Case]]:
        newest = self._registry.newest(check_name(name))
        return newest, self._registry.load(newest).cases if newest else ()

    def _grow(
        self,
        there: StoredVersion | None,
        cases: Sequence[Case],
        name: str,
        addition: Addition,
        *,
        source: str,
        message: str = "",
        notes: Sequence[str] = (),
    ) -> DatasetChange:
        if there is not None and not there.is_schema_set:  # one that was set is checked as a whole
            schema = there.schema if there.schema is not None else infer_schema(cases)
            refuse_breaches(addition.given, schema, is_set=False)
        commit = Commit(
            message=message or f"added from {redact(source)}",
            schema=there.schema if there and there.is_schema_set else None,
            is_explicit=True,
            expected_base=there.number if there else 0,
        )
        dataset = dataset_from_cases(addition.cases, name)
        return self._commit(
            there, dataset, addition, commit, action="add", source=source, notes=notes
        )

    def _commit(
        self,
        there: StoredVersion | None,
        dataset: DatasetVersion,
        addition: Addition,
        commit: Commit,
        *,
        action: str,
        source: str,
        notes: Sequence[str] = (),
    ) -> DatasetChange:
        if commit.schema is not None:
            refuse_breaches(addition.given, commit.schema, is_set=True)
        made = self._registry.register(dataset, commit)
        before = there.number if there else 0
        is_new = made.number != before
        return DatasetChange(
            action=action,
            name=made.name,
            number=made.number,
            digest=made.digest,
            case_count=len(made),
            is_new=is_new,
            before=before,
            added=addition.added,
            replaced=addition.replaced,
            removed=addition.removed,
            unchanged=len(addition.unchanged),
            source=redact(source) if self._bench.redacted() else source,
            notes=(*notes, *(self._notes(made, addition) if is_new else ())),
            dataset=made,
        )

    def _notes(self, dataset: DatasetVersion, addition: Addition) -> Iterator[str]:
        """Say in short what ``check`` would show of the cases that came."""
        ids = {*addition.added, *addition.replaced}
        found = find_duplicates(dataset.cases)
        leaks = find_leaks(addition.new_cases, usage.all_shown(self._prompts()))
        return _sentences(found, leaks, ids, dataset.ref)


def _sentences(found: Duplicates, leaks: Sequence[Leak], ids: set[str], ref: str) -> Iterator[str]:
    exact = [group for group in found.exact if ids.intersection(group.ids)]
    near = [pair for pair in found.near if {pair.first, pair.second} & ids]
    if exact:
        conflicts = sum(group.conflicting for group in exact)
        more = f", {conflicts:,} of them with different answers" if conflicts else ""
        yield f"{_many(len(exact), 'input')} there more than once{more}; see `check {ref}`"
    if near:
        yield f"{_many(len(near), 'pair')} nearly the same; see `check {ref}`"
    if leaks:
        prompts = ", ".join(dict.fromkeys(leak.prompt for leak in leaks))
        cases = len({leak.case_id for leak in leaks})
        yield f"{_many(cases, 'case')} in the examples of {prompts[:200]}, whose evals they flatter"


def _many(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number:,} {noun}s are"
