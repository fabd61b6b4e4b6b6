"""Go on with a stored run: finish it, ask its failed calls again, or score its answers anew.

A run goes on only as what it was. Target, cases and scorers are found again by what the run noted
of them, and one whose digest is another is refused. A run that is broken off is finished in its
place; a finished one is never changed: failed calls are asked again in a run of their own, beside
copies of what was answered.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.errors import PromptReferenceError, UsageError
from llmops_magics.evals.answered_target import AnsweredTarget
from llmops_magics.evals.calibration.identity import Identity
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.function_target import PREFIX, function_target
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.process import is_alive, is_here, this_process
from llmops_magics.evals.request import EvalRequest
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.runner import Begun
from llmops_magics.evals.scorer import Scorer, resolve
from llmops_magics.evals.stored import load_run
from llmops_magics.evals.target import PromptTarget, Target
from llmops_magics.tracing.stored import load_trace
from llmops_magics.workbench.evaluation import Evaluations, Watch, limits_of, specs_of

OPEN = ("running", "interrupted")
KEPT = (  # of what a run noted, in one that goes on from it
    "specs", "prompt_digest", "overrides", "function", "baseline_run", "rescores",
    "case_timeout_s", "run_timeout_s",
)  # fmt: skip


class Continuation:
    """What can be done with a run that is stored; ``request`` gives the limits of this part."""

    def __init__(self, evaluations: Evaluations) -> None:
        self._evaluations = evaluations
        self._history = evaluations.history
        self._store = evaluations.bench.store()

    def read(self, run_id: str) -> EvalRun:
        """Return a finished run as it was returned, beside its baseline if it had one."""
        row = self._history.row(run_id)
        run = load_run(self._store, run_id, redacted=self._evaluations.bench.redacted())
        return self._compared(run, row["config"])

    def resume(self, run_id: str, request: EvalRequest) -> EvalRun:
        """Answer what a broken-off run has not answered, and finish it.

        Raises ``UsageError`` for a run that is finished or that another process is running, and
        where the target, the cases or a scorer are not what they were.
        """
        row = self._history.row(run_id)
        if row["status"] not in OPEN:
            raise UsageError(
                f"the eval run {run_id} is {row['status']}: nothing is left to do.",
                hint=f"`%llm_eval --retry-errors {run_id}` asks failed calls again.",
            )
        _refuse_busy(row)
        plan = self._plan(row, request)
        config = {**row["config"], "process": this_process()}
        self._history.reopen(run_id, config, check=_refuse_busy)
        begun = Begun(run_id=run_id, started_at=row["started_at"], done=self._history.keys(run_id))
        return self._go_on(plan, begun, request)

    def retry_errors(self, run_id: str, request: EvalRequest) -> EvalRun:
        """Ask the failed calls of a run again, in a new run that has the others' samples too."""
        row = self._history.row(run_id)
        _refuse_busy(row)
        _refuse_rescored(row)
        if row["status"] not in OPEN and not row["summary"]["errors"]:
            raise UsageError(
                f"no call of the eval run {run_id} failed: nothing is left to do.",
                hint=f"`%llm_eval --rescore {run_id} --scorers …` scores its answers again.",
            )
        plan = self._plan(row, request)
        plan = replace(plan, notes={**plan.notes, "retries": run_id})
        begun = self._evaluations.runner().begin(plan)
        self._history.copy_answered(run_id, begun.run_id)
        begun = replace(begun, done=self._history.keys(begun.run_id))
        return self._go_on(plan, begun, request)

    def rescore(self, run_id: str, request: EvalRequest) -> EvalRun:
        """Score the stored answers of a finished run; the model under test is not called."""
        row = self._history.row(run_id)
        target = self._answered_target(row)
        run, dataset = target.run, self._dataset(row, request)
        scorers = resolve(request.scorers, request.namespace)
        kept = ("prompt_digest", "overrides", "function", "baseline_run")
        notes = {name: row["config"][name] for name in kept if name in row["config"]}
        plan = EvalPlan(
            target=target,
            dataset=dataset,
            scorers=scorers,
            model=run.model,
            repeats=run.repeats,
            concurrency=request.concurrency or self._evaluations.usual_concurrency(run.model),
            cache=request.cache_mode,
            case_timeout_s=request.case_timeout_s,
            run_timeout_s=request.run_timeout_s,
            notes={
                **notes,
                **limits_of(request),
                "specs": specs_of(request.scorers, scorers),
                "process": this_process(),
                "rescores": run_id,
            },
        )
        plan = self._beside_baseline(plan)
        if request.on_plan:
            request.on_plan(self._evaluations.estimate([plan]))
        with self._evaluations.capped(request):
            return self._compared(self._evaluations.run(plan, request.on_progress), plan.notes)

    def _go_on(self, plan: EvalPlan, begun: Begun, request: EvalRequest) -> EvalRun:
        watch = Watch(plan, request.on_progress, done=len(begun.done))
        work = self._evaluations.runner().go_on(plan, begun, watch.note, watch.start)
        with self._evaluations.capped(request):
            return self._compared(self._evaluations.finish(work, watch), plan.notes)

    def _plan(self, row: Mapping[str, Any], request: EvalRequest) -> EvalPlan:
        """Make the plan of a stored run again."""
        config = row["config"]
        target = self._target(row, request.namespace or {})
        dataset = self._dataset(row, request)
        target.check(dataset.cases, dataset.name)
        scorers = _scorers(row, request.namespace)
        _refuse_other_judges(row, self._evaluations.runner().identities(scorers))
        plan = EvalPlan(
            target=target,
            dataset=dataset,
            scorers=scorers,
            model=row["model"],
            repeats=config["repeats"],
            concurrency=request.concurrency or config["concurrency"],
            first_repeat=config.get("first_repeat", 0),
            cache=request.cache or config.get("cache", "use"),
            case_timeout_s=request.case_timeout_s or config.get("case_timeout_s"),
            run_timeout_s=request.run_timeout_s,  # of this part alone
            notes={
                "process": this_process(),
                **{name: config[name] for name in KEPT if name in config},
            },
        )
        return self._beside_baseline(plan)

    def _target(self, row: Mapping[str, Any], namespace: Mapping[str, Any]) -> Target:
        config, name = row["config"], row["prompt_name"]
        if "rescores" in config:
            return self._answered_target(self._history.row(config["rescores"]))
        if name.startswith(PREFIX):
            found = namespace.get(config.get("function", ""))
            if not callable(found):
                raise UsageError(
                    f"{row['id']} asked the function {name.removeprefix(PREFIX)}, which is not "
                    "here.",
                    hint="Run the cell that defines it, then go on. On the command line, name it: "
                    "module:function.",
                )
            target: Target = function_target(found, config["function"])
        else:
            target = self._prompt_target(row)
        if target.digest != row["prompt_digest"]:
            raise UsageError(
                f"{target.ref} is not what {row['id']} asked: it was changed since.",
                hint="Start a new eval.",
            )
        return target

    def _answered_target(self, row: Mapping[str, Any]) -> AnsweredTarget:
        """Return the answers of a finished run."""
        redacted = self._evaluations.bench.redacted()
        return AnsweredTarget(
            run=load_run(self._store, row["id"], redacted=redacted),
            name=row["prompt_name"],
            number=row["prompt_number"],
            trace_of=lambda trace_id: load_trace(self._store, trace_id),
            settings=row["config"].get("settings", {}),
        )

    def _prompt_target(self, row: Mapping[str, Any]) -> PromptTarget:
        config, name = row["config"], row["prompt_name"]
        digest = config.get("prompt_digest", row["prompt_digest"])
        try:
            version = self._evaluations.prompts.get(f"{name}@{row['prompt_number'] or digest}")
        except PromptReferenceError as error:
            raise UsageError(
                f"{row['id']} asked a draft of {name}, which is not kept.",
                hint="Register it and start a new eval.",
            ) from error
        return PromptTarget(version=version, overrides=config.get("overrides", {}))

    def _dataset(self, row: Mapping[str, Any], request: EvalRequest) -> DatasetVersion:
        """Return the cases of the run; those given with the request must be the same."""
        datasets = self._evaluations.bench.datasets()
        if request.data is not None:
            given = datasets.read(request.data)
            if given.digest != row["dataset_digest"]:
                raise UsageError(
                    f"{given.name} is not what {row['id']} ran on: it was edited since.",
                    hint="Leave --data out to go on with the cases as they were, or start a new "
                    "eval.",
                )
        return datasets.get(row["dataset_digest"])

    def _beside_baseline(self, plan: EvalPlan) -> EvalPlan:
        baseline = self._baseline(plan.notes)
        return replace(plan, baseline=baseline.samples) if baseline else plan

    def _baseline(self, notes: Mapping[str, Any]) -> EvalRun | None:
        run_id = notes.get("baseline_run", "")
        if not run_id:
            return None
        return load_run(self._store, run_id, redacted=self._evaluations.bench.redacted())

    def _compared(self, run: EvalRun, notes: Mapping[str, Any]) -> EvalRun:
        baseline = self._baseline(notes)
        return replace(run, comparison=compare(run, baseline)) if baseline else run


def _scorers(row: Mapping[str, Any], namespace: Mapping[str, Any] | None) -> tuple[Scorer, ...]:
    """Resolve the scorers of a run as they were written, and refuse one that changed."""
    digests = row["config"]["scorers"]
    scorers = resolve(row["config"].get("specs", list(digests)), namespace)
    changed = [s.name for s in scorers if digests.get(s.name) != s.digest]
    if changed:
        raise UsageError(
            f"{', '.join(changed)} would score otherwise than when {row['id']} began.",
            hint="Restore it, or finish nothing: `%llm_eval` again takes answers from the cache.",
        )
    return scorers


def _refuse_other_judges(row: Mapping[str, Any], judges: Mapping[str, Identity]) -> None:
    """Refuse to let two judges score one run: another model, or another version of a prompt."""
    noted = {name: judge["digest"] for name, judge in row["config"].get("judges", {}).items()}
    changed = [name for name, judge in judges.items() if noted.get(name) != judge["digest"]]
    if changed:
        raise UsageError(
            f"{', '.join(changed)} would ask another model or prompt to judge than when "
            f"{row['id']} began.",
            hint="Restore it, or start a new eval: it takes answers from the cache.",
        )


def _refuse_rescored(row: Mapping[str, Any]) -> None:
    """Refuse a run that asked nothing itself."""
    source = row["config"].get("rescores")
    if source is not None:
        raise UsageError(
            f"{row['id']} scores the answers of {source} and asked nothing itself.",
            hint=f"`%llm_eval --retry-errors {source}` asks failed calls again.",
        )


def _refuse_busy(row: Mapping[str, Any]) -> None:
    """Refuse a run whose process on this machine is alive; of another machine nobody knows."""
    process = row["config"].get("process", {})
    is_other = is_here(process) and process.get("pid") != os.getpid()
    if row["status"] == "running" and is_other and is_alive(process):
        raise UsageError(
            f"the eval run {row['id']} is under way in the process {process['pid']}.",
            hint="Wait for it, or stop it first.",
        )
