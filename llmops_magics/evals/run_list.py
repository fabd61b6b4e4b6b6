"""The eval runs of a store as a list: what ran, how it ended or how far it got, and what it found.

A run is found again by its id, by the last digits of it, or as the newest one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import func, select

from llmops_magics.errors import UsageError
from llmops_magics.evals.function_target import PREFIX
from llmops_magics.evals.process import is_alive, is_here
from llmops_magics.record import Record
from llmops_magics.storage.table import dataset_content, eval_run, sample

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store

STATUSES = ("running", "interrupted", "finished")
NEWEST = "newest"
_LEAST_DIGITS = 4
_DIGEST_CHARS = len("sha256:") + 12  # of what has no number


@dataclass(frozen=True, kw_only=True)
class ListedScore:
    """The mean of one score; None for labels and where nothing was observed."""

    scorer: str
    mean: float | None
    is_proportion: bool


@dataclass(frozen=True, kw_only=True)
class ListedRun:
    """One run; ``done`` of ``planned`` samples are stored. Scores and cost are a finished run's."""

    run_id: str
    status: str
    target: str  # name@number
    model: str
    dataset: str
    dataset_digest: str
    done: int
    planned: int
    scores: tuple[ListedScore, ...]
    errors: int
    cost_usd: Decimal | None
    unpriced_samples: int
    started_at: str
    finished_at: str


@dataclass(frozen=True, kw_only=True)
class RunList(Record):
    """Runs, the newest first; ``total`` counts those that fit, shown or not."""

    kind: ClassVar[str] = "eval-run-list"

    runs: tuple[ListedRun, ...]
    total: int

    def to_pandas(self) -> pd.DataFrame:
        """One row a run, with a column for each score."""
        import pandas as pd

        return pd.DataFrame([_flat(run) for run in self.runs])


def list_runs(store: Store, *, prompt: str = "", status: str = "", limit: int = 20) -> RunList:
    """Return the newest runs, ``limit`` 0 for all; ``prompt`` is a name or ``name@number``.

    A run whose process died on this machine counts as interrupted, whatever was noted last.
    """
    conditions = _of_prompt(prompt) if prompt else []
    query = (
        select(eval_run, dataset_content.c.name, dataset_content.c.case_count)
        .join(dataset_content, dataset_content.c.digest == eval_run.c.dataset_digest)
        .where(*conditions)
        .order_by(eval_run.c.id.desc())
    )
    counting = select(func.count()).select_from(eval_run).where(*conditions)
    with store.read() as connection:
        dead = _dead_runs(connection)
        if status:
            conditions = [*conditions, _of_status(status, dead)]
            query, counting = query.where(conditions[-1]), counting.where(conditions[-1])
        total = connection.execute(counting).scalar_one()
        rows = connection.execute(query.limit(limit) if limit else query).mappings().all()
        open_runs = [row["id"] for row in rows if row["status"] != "finished"]
        done = dict(connection.execute(_sample_counts(open_runs)).all()) if open_runs else {}
    return RunList(runs=tuple(_listed(row, done, dead) for row in rows), total=total)


def find_run_id(store: Store, written: str) -> str:
    """Return the id of the run that is meant: a whole id, its last 4 digits or more, or newest.

    Raises ``UsageError`` for none and for several.
    """
    column = eval_run.c.id
    newest_first = select(column).order_by(column.desc()).limit(2)
    with store.read() as connection:
        if written == NEWEST:
            found = [row[0] for row in connection.execute(newest_first)][:1]
        else:
            exact = connection.execute(select(column).where(column == written)).scalars().all()
            is_ending = len(written) >= _LEAST_DIGITS
            ending = newest_first.where(column.endswith(written, autoescape=True))
            found = list(exact or (connection.execute(ending).scalars() if is_ending else ()))
    if len(found) == 1:
        return str(found[0])
    if found:
        raise UsageError(
            f"More than one eval run ends in {written!r}.", hint="Give more of its id."
        )
    raise UsageError(
        f"there is no eval run {written!r} in this workspace.",
        hint="%llm_runs and llmops runs list them; the last 4 digits of an id are enough.",
    )


def _of_prompt(prompt: str) -> list[Any]:
    name, at, number = prompt.partition("@")
    if at and not number.isdecimal():
        raise UsageError(
            f"{prompt!r} is neither a prompt's name nor name@number.",
            hint="A label moves, so runs are kept by the number of the version.",
        )
    found: list[Any] = [eval_run.c.prompt_name == name]
    return [*found, eval_run.c.prompt_number == int(number)] if at else found


def _dead_runs(connection: Connection) -> set[str]:
    """Return the runs that are noted as running by a process of this machine that is gone."""
    query = select(eval_run.c.id, eval_run.c.config).where(eval_run.c.status == "running")
    processes = {run_id: config.get("process", {}) for run_id, config in connection.execute(query)}
    return {
        run_id
        for run_id, process in processes.items()
        if is_here(process) and not is_alive(process)
    }


def _of_status(status: str, dead: set[str]) -> Any:
    """Return the condition of a status; a run whose process is gone is interrupted."""
    noted, is_dead = eval_run.c.status == status, eval_run.c.id.in_(dead)
    return {"running": noted & ~is_dead, "interrupted": noted | is_dead}.get(status, noted)


def _sample_counts(run_ids: Sequence[str]) -> Any:
    counted = select(sample.c.run_id, func.count()).where(sample.c.run_id.in_(run_ids))
    return counted.group_by(sample.c.run_id)


def _listed(row: Mapping[Any, Any], done: Mapping[str, int], dead: set[str]) -> ListedRun:
    summary = row["summary"] or {}
    planned = row["case_count"] * int(row["config"].get("repeats", 1))
    which = row["prompt_number"] or row["prompt_digest"][:_DIGEST_CHARS]
    is_function = row["prompt_name"].startswith(PREFIX)
    cost = summary.get("cost_usd")
    return ListedRun(
        run_id=row["id"],
        status="interrupted" if row["id"] in dead else row["status"],
        target=row["prompt_name"] if is_function else f"{row['prompt_name']}@{which}",
        model=row["model"],
        dataset=row["name"],
        dataset_digest=row["dataset_digest"],
        done=int(summary.get("samples", done.get(row["id"], 0))),
        planned=planned,
        scores=tuple(
            ListedScore(
                scorer=score["scorer"], mean=score["mean"], is_proportion=score["is_proportion"]
            )
            for score in summary.get("scores", ())
        ),
        errors=int(summary.get("errors", 0)),
        cost_usd=None if cost is None else Decimal(cost),
        unpriced_samples=int(summary.get("unpriced_samples", 0)),
        started_at=row["started_at"],
        finished_at=row["finished_at"] or "",
    )


def _flat(run: ListedRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "status": run.status,
        "target": run.target,
        "model": run.model,
        "dataset": run.dataset,
        "done": run.done,
        "planned": run.planned,
        **{score.scorer: score.mean for score in run.scores},
        "errors": run.errors,
        "cost_usd": run.cost_usd,
        "started_at": run.started_at,
    }
