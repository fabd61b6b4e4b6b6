"""Eval runs in the store: a row a run, a row a sample, written as samples finish.

Samples are buffered for a moment and written together; whatever was written is there after
``kill -9``. What a case asked and expected is not stored again: it stands in the dataset.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.datasets.case import Case
from llmops_magics.errors import UsageError
from llmops_magics.evals.rows import write_rows
from llmops_magics.evals.run import Sample, Score
from llmops_magics.record import digest, format_time, to_jsonable, utc_now
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import eval_run, sample

if TYPE_CHECKING:
    from llmops_magics.evals.cause.record import CauseReport
    from llmops_magics.evals.target import Target
    from llmops_magics.prompts.version import PromptVersion

FINISHED = "finished"
MAX_NAME_CHARS = 200
_FROM_CASE = {"case_id", "repeat", "inputs", "expected", "tags"}
_INSERTS: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(sample),
    "postgresql": postgresql.insert(sample),
}
_AT_ONCE = 500  # cases in one query


def new_run_id() -> str:
    """Return an id that sorts by time: ``run-<hex milliseconds>-<random>``."""
    return f"run-{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"


class RunHistory:
    """The eval runs of one store."""

    def __init__(self, store: Store, *, actor: Callable[[], str] = current_actor) -> None:
        self._store = store
        self._actor = actor

    def start(
        self,
        target: Target | PromptVersion,
        *,
        dataset_digest: str,
        model: str,
        config: Mapping[str, Any],
        started_at: str = "",
    ) -> str:
        """Note that a run begins, now if not told otherwise; return its id.

        A draft or a function has the number 0, so no version's history shows its run.
        """
        run_id = new_run_id()
        row = {
            "id": run_id,
            "status": "running",
            "prompt_name": target.name[:MAX_NAME_CHARS],
            "prompt_number": target.number,
            "prompt_digest": target.digest,
            "dataset_digest": dataset_digest,
            "model": model,
            "config": to_jsonable(config),
            "started_at": started_at or format_time(utc_now()),
        }
        with self._store.write() as connection:
            connection.execute(insert(eval_run).values(row))
        return run_id

    def add(self, run_id: str, samples: Sequence[Sample]) -> None:
        """Write finished samples, all or none; one that is stored already stays.

        Of two machines that go on with one run, neither knows of the other.
        """
        rows = [
            {"run_id": run_id, "case_id": s.case_id, "repeat": s.repeat, "body": _body(s)}
            for s in samples
        ]
        with self._store.write() as connection:
            statement = _INSERTS[connection.dialect.name].on_conflict_do_nothing()
            connection.execute(statement, rows)

    def finish(
        self,
        run_id: str,
        summary: Any,
        *,
        status: str = FINISHED,
        resolved_models: Sequence[str] = (),
        rows_artifact: str = "",
        causes_artifact: str = "",
    ) -> None:
        """Note that a run ended, with what, and which models the endpoint said had answered.

        The artifacts are the digests that ``keep_rows`` and ``keep_causes`` gave. A finished run
        stays finished.
        """
        body = to_jsonable(summary)
        if body is not None and resolved_models:
            body = {**body, "resolved_models": list(resolved_models)}
        if body is not None and rows_artifact:
            body = {**body, "rows_artifact": rows_artifact}
        if body is not None and causes_artifact:
            body = {**body, "causes_artifact": causes_artifact}
        values = {
            "status": status,
            "summary": body,
            "finished_at": format_time(utc_now()),
        }
        own = eval_run.c.id == run_id
        if status != FINISHED:  # who went on with the run may have finished it meanwhile
            own &= eval_run.c.status != FINISHED
        with self._store.write() as connection:
            if not connection.execute(update(eval_run).where(own).values(values)).rowcount:
                return
            trail.append(
                connection,
                actor=self._actor(),
                action=f"eval.{status}",
                resource=f"eval/{run_id}",
                body={"summary": digest(values["summary"])},
            )

    def keep_rows(self, samples: Iterable[Sample]) -> str:
        """Store samples whole in one artifact, which an archive can take; return its digest."""
        return write_rows(samples, self._store.artifacts)

    def keep_causes(self, report: CauseReport | None) -> str:
        """Store why cases failed; return the digest, nothing for no report."""
        return "" if report is None else self._store.artifacts.put(report.to_bytes())

    def row(self, run_id: str) -> Mapping[str, Any]:
        """Return the stored row of a run."""
        with self._store.read() as connection:
            found = connection.execute(select(eval_run).where(eval_run.c.id == run_id)).mappings()
            row = found.first()
        if row is None:
            raise UsageError(f"there is no eval run {run_id!r} in this workspace.")
        return dict(row)

    def samples(self, run_id: str, cases: Sequence[Case]) -> tuple[Sample, ...]:
        """Return the stored samples of these cases of a run, in their order."""
        found = (
            sample
            for start in range(0, len(cases), _AT_ONCE)
            for sample in self._page(run_id, cases[start : start + _AT_ONCE])
        )
        return tuple(found)

    def keys(self, run_id: str) -> set[tuple[str, int]]:
        """Return case and repeat of every stored sample of a run."""
        query = select(sample.c.case_id, sample.c.repeat).where(sample.c.run_id == run_id)
        with self._store.read() as connection:
            return {(case_id, repeat) for case_id, repeat in connection.execute(query)}

    def copy_answered(self, source: str, target: str) -> int:
        """Copy the samples of a run that are no errors to another; return how many."""
        columns = (sample.c.case_id, sample.c.repeat, sample.c.body)
        good = select(literal(target), *columns).where(
            sample.c.run_id == source, sample.c.body["error"].as_string() == ""
        )
        names = ["run_id", *(column.name for column in columns)]
        with self._store.write() as connection:
            return connection.execute(insert(sample).from_select(names, good)).rowcount

    def reopen(
        self,
        run_id: str,
        config: Mapping[str, Any],
        *,
        check: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """Note that a run that was broken off goes on.

        ``check`` gets the row as it is now and may raise: of two processes that take up a run at
        once, one does.
        """
        values = {"status": "running", "config": to_jsonable(config)}
        query = select(eval_run).where(eval_run.c.id == run_id)
        with self._store.write(lock=f"eval/{run_id}") as connection:
            if check is not None:
                check(dict(connection.execute(query).mappings().one()))
            connection.execute(update(eval_run).where(eval_run.c.id == run_id).values(values))

    def _page(self, run_id: str, cases: Sequence[Case]) -> list[Sample]:
        by_id = {case.id: (position, case) for position, case in enumerate(cases)}
        query = select(sample).where(sample.c.run_id == run_id, sample.c.case_id.in_(by_id))
        with self._store.read() as connection:
            rows = connection.execute(query).mappings().all()
        rows = sorted(rows, key=lambda row: (by_id[row["case_id"]][0], row["repeat"]))
        return [_sample(dict(row), by_id[row["case_id"]][1]) for row in rows]


def _body(finished: Sample) -> dict[str, Any]:
    names = (f.name for f in fields(finished) if f.name not in _FROM_CASE)
    return {name: to_jsonable(getattr(finished, name)) for name in names}


def _sample(row: Mapping[str, Any], case: Case) -> Sample:
    body = dict(row["body"])
    scores = tuple(Score(**score) for score in body.pop("scores"))
    calls = tuple(body.pop("tool_calls", ()))
    return Sample(
        case_id=row["case_id"],
        repeat=row["repeat"],
        inputs=case.inputs,
        expected=case.expected,
        tags=case.tags,
        scores=scores,
        tool_calls=calls,
        cost_usd=_decimal(body.pop("cost_usd")),
        spent_usd=_decimal(body.pop("spent_usd", None)),
        **body,
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
