"""Attack a prompt or a function, all in one place: ``workspace.redteam``.

A red team run is an eval run: its cases are attacks and its scorer is ``resisted``, so that
intervals, slices, comparison with a baseline, review, history and the rules of a gate are those of
evals. Only models and functions of one's own are attacked; nothing else is contacted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_rows
from llmops_magics.datasets.registry import Commit
from llmops_magics.errors import UsageError
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.redteam.attacked import attacked
from llmops_magics.evals.redteam.inputs import find_inputs, surface_of
from llmops_magics.evals.redteam.report import SCORER, RedteamReport, report_of
from llmops_magics.evals.request import EvalOptions, EvalRequest
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.target import PromptTarget
from llmops_magics.guard.redteam.delivery import row_of
from llmops_magics.guard.redteam.importing.source import is_file, read_suite
from llmops_magics.guard.redteam.suite import PER_FAMILY, Suite, make_suite

if TYPE_CHECKING:
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.target import Target
    from llmops_magics.workbench.access import Access
    from llmops_magics.workbench.evaluation import Evaluations

FOLDER = "redteam"


@dataclass(frozen=True, kw_only=True)
class Attacking:
    """What a target is attacked with; see ``RedTeam.attack``."""

    suite: str | Path = "owasp"
    families: Sequence[str] = ()
    per_family: int | None = None
    seed: int | None = None
    canaries: Sequence[str] = ()
    question: str = ""
    context: str = ""

    @property
    def is_imported(self) -> bool:
        """Tell attacks of a file from those that we make."""
        return is_file(str(self.suite))


class RedTeam:
    """The red team of one workspace."""

    def __init__(
        self,
        evaluations: Callable[[], Evaluations],
        read_run: Callable[[str], EvalRun],
        review: Callable[[EvalRun], ReviewSession],
        access: Callable[[], Access],
    ) -> None:
        self._access = access
        self._evaluations = evaluations
        self._read_run = read_run
        self._review = review

    def attack(
        self,
        target: Any,
        attacking: Attacking | None = None,
        **options: Unpack[EvalOptions],
    ) -> RedteamReport:
        """Attack a prompt (by its reference) or a function, and report what succeeded.

        ``options`` are those of ``Workspace.evaluate``, but that ``baseline`` may also be a report,
        a run or a run's id; another target is attacked with the same attacks first. Raises
        ``UsageError`` for what cannot be meant, before the first call.
        """
        attacking = attacking or Attacking()
        baseline = options.get("baseline", "")
        found = self._attacked(target, options.pop("settings", {}))
        earlier = self._earlier(baseline)
        suite, dataset = self.suite(target, attacking)
        _refuse_other_attacks(earlier, dataset)
        is_target = earlier is None and baseline != ""
        options["baseline"] = self._attacked(baseline) if is_target else ""
        request = EvalRequest(
            target=found,
            data=dataset,
            scorers=[SCORER],
            **options,
        )
        run = self._evaluations().evaluate(request)
        if earlier is not None:
            run = replace(run, comparison=compare(run, earlier))
        return report_of(run, suite)

    def suite(
        self, target: Any, attacking: Attacking | None = None
    ) -> tuple[Suite, DatasetVersion]:
        """Return the attacks on a target, and the dataset of them, which is registered.

        The same suite, seed, version and inputs of the target give the same digest.
        """
        attacking = attacking or Attacking()
        evaluations = self._evaluations()
        found = evaluations.target(target)
        suite = _made(found, attacking)
        inputs = find_inputs(found, attacking.question, attacking.context)
        name = f"{FOLDER}/{suite.name}"
        dataset = dataset_from_rows([row_of(attack, inputs) for attack in suite.attacks], name)
        message = f"{len(suite.attacks)} attacks, seed {suite.seed}, version {suite.version}"
        if attacking.is_imported:
            message = f"{len(suite.attacks)} attacks of {Path(attacking.suite).name}"
        registry = evaluations.bench.datasets()
        return suite, registry.register(dataset, Commit(message=message))

    def report(self, run: EvalRun | str) -> RedteamReport:
        """Return the report of a finished run, given it or its id."""
        found = self._read_run(run) if isinstance(run, str) else run
        if SCORER not in [score.scorer for score in found.summary.scores]:
            raise UsageError(
                f"{found.run_id} is no red team run: {SCORER} did not score it.",
                hint="`%llm_redteam TARGET` makes one.",
            )
        return report_of(found)

    def review(self, report: RedteamReport) -> ReviewSession:
        """Open the review of the attacks that succeeded or are undecided."""
        return self._review(report.run)

    def _attacked(self, wanted: Any, settings: Mapping[str, Any] | None = None) -> Target:
        """Return a target that says where the guard stopped it, if the policies let one attack."""
        target = self._evaluations().target(wanted, settings)
        is_prompt = isinstance(target, PromptTarget)
        self._access().require(
            None, "run_redteam", f"prompt:{target.name}" if is_prompt else "workspace"
        )
        return attacked(target)

    def _earlier(self, baseline: Any) -> EvalRun | None:
        """Return the run that a baseline stands for, None for a target."""
        if isinstance(baseline, RedteamReport):
            return baseline.run
        if isinstance(baseline, EvalRun):
            return baseline
        is_run = isinstance(baseline, str) and baseline.startswith("run-")
        return self._read_run(baseline) if is_run else None


def _refuse_other_attacks(earlier: EvalRun | None, dataset: DatasetVersion) -> None:
    """Refuse a baseline that was attacked with nothing of this."""
    if earlier is None or {s.case_id for s in earlier.samples} & {c.id for c in dataset.cases}:
        return
    raise UsageError(
        f"{earlier.run_id} has no attack in common with {dataset.ref}.",
        hint="Take the suite, families and seed of the baseline.",
    )


def _made(target: Target, attacking: Attacking) -> Suite:
    if not attacking.is_imported:
        count, seed = attacking.per_family, attacking.seed
        return make_suite(
            str(attacking.suite),
            only=attacking.families,
            per_family=PER_FAMILY if count is None else count,
            seed=seed or 0,
            surface=surface_of(target, attacking.canaries),
        )
    suite = read_suite(attacking.suite)
    if attacking.seed is not None:
        raise UsageError("A file of attacks has no seed.", hint="Leave --seed out.")
    return _selected(suite, attacking)


def _selected(suite: Suite, attacking: Attacking) -> Suite:
    """Return the attacks of a file that were asked for, the first of each family."""
    known = list(dict.fromkeys(attack.family for attack in suite.attacks))
    unknown = [name for name in attacking.families if name not in known]
    if unknown:
        raise UsageError(
            f"{suite.name} has no family {unknown[0]!r}.", hint=f"It has {', '.join(known)}."
        )
    if attacking.per_family is not None and attacking.per_family < 1:
        raise UsageError(f"{attacking.per_family} attacks a family.", hint="Give 1 or more.")
    taken: dict[str, int] = {}
    chosen = []
    for attack in suite.attacks:
        taken[attack.family] = taken.get(attack.family, 0) + 1
        is_wanted = not attacking.families or attack.family in attacking.families
        if is_wanted and taken[attack.family] <= (attacking.per_family or len(suite.attacks)):
            chosen.append(attack)
    return replace(suite, attacks=tuple(chosen))
