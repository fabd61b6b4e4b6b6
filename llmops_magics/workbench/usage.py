"""Where datasets meet evals and prompts: who uses a dataset, what prompts show, what failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from llmops_magics.datasets.leakage import Shown
from llmops_magics.datasets.record import DatasetUse
from llmops_magics.errors import PromptError, UsageError
from llmops_magics.storage.table import eval_run

if TYPE_CHECKING:
    from llmops_magics.datasets.reference import StoredVersion
    from llmops_magics.evals.run import EvalRun, Sample
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.storage.store import Store

MAX_PROMPTS = 200
MAX_RUNS = 10


def uses_of(
    store: Store, prompts: PromptRegistry, version: StoredVersion
) -> tuple[tuple[DatasetUse, ...], int]:
    """Return the newest evals of a content and the live prompts that name it; and how many."""
    uses, evals = _evals(store, version.digest)
    named = list(_named(prompts, version))
    return (*uses, *named), evals + len(named)


def shown_by(version: PromptVersion, *, with_messages: bool = True) -> Shown:
    """Return what a prompt version shows a model beside the case itself."""
    examples = version.examples.cases if version.examples else ()
    texts = [message.content for message in version.messages]
    texts += [inclusion.content for inclusion in version.includes]
    return Shown(
        ref=version.ref,
        examples=tuple(example.inputs for example in examples),
        messages=tuple(texts) if with_messages else (),
    )


def all_shown(prompts: PromptRegistry) -> list[Shown]:
    """Return the examples of every live prompt that has some."""
    live = live_versions(prompts)
    return [shown_by(version, with_messages=False) for version in live if version.examples]


def live_versions(prompts: PromptRegistry) -> Iterator[PromptVersion]:
    """Yield the newest version of each prompt, and those that labels point to."""
    for listing in prompts.list().prompts[:MAX_PROMPTS]:
        for number in sorted({listing.number, *listing.labels.values()}):
            try:
                yield prompts.get(f"{listing.name}@{number}")
            except PromptError:  # written under older rules: it shows nothing today
                continue


def failing(run: EvalRun, scorer: str = "", below: float | None = None) -> Sequence[str]:
    """Return the ids of the cases that failed in a run, in its order.

    A case failed if a call failed, an assertion does not hold or a score is missing; with
    ``scorer`` by that score alone, and with ``below`` by a number under it. Raises ``UsageError``
    for a score that the run has not, and for one that is a number without ``below``.
    """
    if not scorer:
        if below is not None:
            raise UsageError("--below says nothing without --scorer.")
        return list(dict.fromkeys(s.case_id for s in run.samples if s.failed))
    values = [s.value(scorer) for s in run.samples]
    known = {score.scorer for s in run.samples for score in s.scores}
    if scorer not in known:
        raise UsageError(
            f"{run.run_id} has no score {scorer!r}.", hint=f"It has: {', '.join(sorted(known))}."
        )
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if numbers and below is None:
        raise UsageError(
            f"{scorer!r} gives numbers, and no number fails by itself.",
            hint="Say from where it fails: --below 0.5.",
        )
    return list(dict.fromkeys(s.case_id for s in run.samples if _fails(s, scorer, below)))


def _fails(sample: Sample, scorer: str, below: float | None) -> bool:
    if sample.error:
        return True
    for score in sample.scores:
        if score.scorer == scorer:
            value = score.value
            if value is None:
                return score.applicable
            if isinstance(value, bool | str):
                return value is False
            return below is not None and value < below
    return False


def _evals(store: Store, digest: str) -> tuple[tuple[DatasetUse, ...], int]:
    run = eval_run.c
    condition = run.dataset_digest == digest
    query = select(
        run.id, run.prompt_name, run.prompt_number, run.prompt_digest, run.status, run.started_at
    ).where(condition)
    with store.read() as connection:
        rows: Sequence[Any] = connection.execute(
            query.order_by(run.started_at.desc(), run.id.desc()).limit(MAX_RUNS)
        ).all()
        amount = connection.execute(select(func.count()).where(condition)).scalar() or 0
    uses = tuple(
        DatasetUse(
            what="eval",
            ref=f"{row.prompt_name}@{row.prompt_number or row.prompt_digest[:19]}",
            detail=f"{row.id} {row.status}",
            at=row.started_at,
        )
        for row in rows
    )
    return uses, amount


def _named(prompts: PromptRegistry, version: StoredVersion) -> Iterator[DatasetUse]:
    names = {version.name, version.ref, version.digest, f"{version.name}@{version.digest}"}
    for prompt in live_versions(prompts):
        if prompt.examples and prompt.examples.dataset.endswith(version.digest):
            yield DatasetUse(what="examples", ref=prompt.ref, detail=prompt.examples.dataset)
        for test in prompt.tests:
            if test.data in names:
                yield DatasetUse(what="test", ref=prompt.ref, detail=test.data)
