"""Which versions of a prompt moved a metric, told from the evals that are stored.

No call is made. Steps lead from one measured version to the next one measured on the same cases,
with the same model and the same scorer; versions between them that nobody measured are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.effect import MEASURES, effect, mean_of, prefers_higher
from llmops_magics.evals.attribution.record import BlameStep, PromptBlame
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.stored import StoredRun, finished_runs, load_run, owner
from llmops_magics.statistics.interval import CONFIDENCE
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import prompt_version


@dataclass(frozen=True, kw_only=True)
class _Version:
    number: int
    digest: str
    message: str
    author: str
    created_at: str


def blame(
    store: Store,
    name: str,
    metric: str,
    *,
    dataset_digest: str = "",
    model: str = "",
    higher_is_better: bool | None = None,
    confidence: float = CONFIDENCE,
    redacted: bool = True,
) -> PromptBlame:
    """Compare each measured version of a prompt with the measured version before it.

    With no dataset it is the one with most runs, then the one with most measured versions, then
    the newest; so for the model, and for the scorer where its code changed. A version counts by
    its newest run; a version whose content came back has the run of that content. The intervals
    hold together at ``confidence`` (Bonferroni over the steps).

    Raises ``UsageError`` for a prompt that is not there and a metric that no finished run has.
    """
    versions = _versions(store, name)
    of_prompt = [
        run
        for run in finished_runs(store, prompt_name=name)
        if run.prompt_digest in {version.digest for version in versions}
    ]
    runs = _comparable(of_prompt, name, metric, dataset_digest, model)
    newest = {run.prompt_digest: run.run_id for run in reversed(runs)}
    measured = [version for version in versions if version.digest in newest]
    loaded = {
        digest: load_run(store, run_id, redacted=redacted) for digest, run_id in newest.items()
    }
    return PromptBlame(
        name=name,
        metric=metric,
        dataset=DatasetRegistry(store).get(runs[0].dataset_digest).name,
        dataset_digest=runs[0].dataset_digest,
        model=runs[0].model,
        steps=tuple(
            _step(
                before,
                after,
                (loaded[before.digest], loaded[after.digest]),
                metric,
                higher_is_better=prefers_higher(metric, higher_is_better),
                confidence=confidence,
                comparisons=len(measured) - 1,
            )
            for before, after in pairwise(measured)
        ),
        unmeasured=tuple(v.number for v in versions if v.digest not in newest),
        other_evals=len(of_prompt) - len(runs),
    )


def _versions(store: Store, name: str) -> list[_Version]:
    columns = [prompt_version.c[field] for field in _Version.__dataclass_fields__]
    query = select(*columns).where(prompt_version.c.name == name)
    with store.read() as connection:
        rows = connection.execute(query.order_by(prompt_version.c.number)).mappings().all()
    if not rows:
        raise UsageError(f"There is no prompt {name!r} in this workspace.")
    return [_Version(**row) for row in rows]


def _comparable(
    runs: Sequence[StoredRun], name: str, metric: str, dataset_digest: str, model: str
) -> list[StoredRun]:
    """Return the runs that may be compared, the newest first: same cases, model and scorer."""
    scored = [run for run in runs if metric in (*MEASURES, *run.metrics)]
    if not scored:
        known = sorted({score for run in runs for score in run.metrics})
        raise UsageError(
            f"No finished eval of {name!r} has the metric {metric!r}.",
            hint=f"There are {', '.join((*known, *MEASURES))}."
            if runs
            else "Measure some versions first, with `%llm_eval`.",
        )
    chosen = _most(scored, [(run.dataset_digest,) for run in scored], (dataset_digest,))
    chosen = _most(chosen, [(run.model,) for run in chosen], (model,))
    chosen = _most(chosen, [_scorer(run, metric) for run in chosen], ("",))
    if not chosen:
        raise UsageError(
            f"No finished eval of {name!r} has {metric!r} on that dataset and model.",
            hint="Leave both out to take those with most runs.",
        )
    return chosen


def _most(
    runs: Sequence[StoredRun], keys: Sequence[tuple[str, ...]], wanted: tuple[str, ...]
) -> list[StoredRun]:
    """Return the runs with the key that is wanted, or with the one that most have."""
    if any(wanted):
        return [run for run, key in zip(runs, keys, strict=True) if key == wanted]
    if not runs:
        return []
    count: Counter[Hashable] = Counter(keys)
    versions = Counter(
        key for key, _ in {(k, r.prompt_digest) for r, k in zip(runs, keys, strict=True)}
    )
    # The newest comes first, and max keeps the first of equals.
    best = max(keys, key=lambda key: (count[key], versions[key]))
    return [run for run, key in zip(runs, keys, strict=True) if key == best]


def _scorer(run: StoredRun, metric: str) -> tuple[str, ...]:
    """Return what decides the metric's values: its scorer's digest, and who judges."""
    scorer = owner(metric, run.scorer_digests)
    if not scorer:
        return ("", "")
    return (run.scorer_digests.get(scorer, ""), run.judges.get(scorer, {}).get("digest", ""))


def _step(
    before: _Version, after: _Version, runs: tuple[EvalRun, EvalRun], metric: str, **options: Any
) -> BlameStep:
    old, new = runs
    return BlameStep(
        before=before.number,
        after=after.number,
        mean_before=mean_of(old, metric),
        mean_after=mean_of(new, metric),
        effect=effect(new, old, metric, **options),
        message=after.message,
        author=after.author,
        created_at=after.created_at,
        unmeasured=tuple(range(before.number + 1, after.number)),
    )
