"""What one does with prompts, all in one place: ``workspace.prompts``.

The registry keeps versions and labels and knows of no model; here it meets the models, the evals
and the rules of a release. Each method is what ``%prompt`` and ``llmops prompt`` call, by the same
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import PromptError, PromptReferenceError, UsageError
from llmops_magics.prompts import trial
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.pointer import SHADOW
from llmops_magics.workbench.bench import Bench, Progress

if TYPE_CHECKING:
    from llmops_magics.evals.attribution.measure import VersionMeasure
    from llmops_magics.evals.attribution.record import PromptAblation, PromptBisect, PromptBlame
    from llmops_magics.prompts.history import LabelMove, PromptLog, PromptSnapshot
    from llmops_magics.prompts.listing import (
        PromptArchive,
        PromptDependents,
        PromptList,
        PromptSearch,
        PromptTransfer,
    )
    from llmops_magics.prompts.permission import Permission
    from llmops_magics.prompts.rendered import PromptAnswer, RenderedPrompt
    from llmops_magics.prompts.version import PromptDiff, PromptVersion
    from llmops_magics.release.gate.change_test import ChangeTestReport
    from llmops_magics.workbench.releases import Releases
    from llmops_magics.workbench.rollouts import Rollouts


class Prompts:
    """The prompts of a workspace: registered, read, tried, tested, labelled and explained."""

    def __init__(
        self,
        bench: Bench,
        actor: Callable[[], str],
        permission: Permission | None = None,
        releases: Callable[[], Releases] | None = None,
        rollouts: Callable[[], Rollouts] | None = None,
    ) -> None:
        self._bench = bench
        self._releases = releases
        self._rollouts = rollouts
        self.registry, self._preview = (
            PromptRegistry(
                bench.store(),
                actor=actor,
                references=bench.references(self.get, is_kept=is_kept),
                guard=self._refusal,
                permission=permission,
            )
            for is_kept in (True, False)
        )

    def register(self, name: str, source: str, **options: Any) -> PromptVersion:
        """Register a prompt's text; ``is_new`` tells whether this call made a version of it.

        ``options`` are those of ``PromptRegistry.register``: model, settings (tools and
        response_format among them), message, tags, start (a version to start from).
        """
        self._check_rules(name, source, options)
        return self.registry.register(name, source, **options)

    def preview(self, name: str, source: str, **options: Any) -> PromptVersion:
        """Return the version that ``register`` would make, with its diff; nothing is written."""
        from llmops_magics.release.gate.change_test import check_tests

        seen = self._preview.preview(name, source, **options)
        check_tests(seen.tests)
        return seen

    def get(self, reference: str, *, with_diff: bool = False) -> PromptVersion:
        """Return the version that a reference means now."""
        return self.registry.get(reference, with_diff=with_diff)

    def show(self, reference: str) -> PromptVersion:
        """Return a version with what changed against the one before it."""
        return self.registry.get(reference, with_diff=True)

    def list(self, *, archived: bool = False) -> PromptList:
        """Return the prompts of the workspace, with ``archived`` those put away too."""
        return self.registry.list(archived=archived)

    def names(self) -> Sequence[str]:
        """Return the names of the prompts that are not archived."""
        return self.registry.names()

    def versions(self, name: str) -> tuple[PromptVersion, ...]:
        """Return every version of a prompt, the oldest first."""
        return self.registry.versions(name)

    def log(self, name: str, *, limit: int = 0) -> PromptLog:
        """Return the history of a prompt, the newest version first; ``limit`` 0 for all of it."""
        return self.registry.log(name, limit=limit)

    def diff(self, before: str, after: str) -> PromptDiff:
        """Return what changed from one version to another."""
        return self.registry.diff(before, after)

    def render(
        self, reference: str, /, variables: Mapping[str, Any] | None = None, **named: Any
    ) -> RenderedPrompt:
        """Fill in variables; those that are not given come from the prompt's ``sample:``.

        Secrets and personal data in what comes back are masked, unless ``capture = "full"``.
        """
        version = self.registry.get(reference)
        rendered = trial.preview(
            version,
            {**(variables or {}), **named},
            model=self._bench.model_of(version, ""),
            images=self._bench.images,
        )
        return trial.masked_preview(rendered) if self._bench.redacted() else rendered

    def run(
        self,
        reference: str,
        /,
        variables: Mapping[str, Any] | None = None,
        *,
        model: str = "",
        **named: Any,
    ) -> PromptAnswer:
        """Render a prompt and call its model once; the answer is masked as ``render``'s is."""
        answer = self.ask(reference, {**(variables or {}), **named}, model=model)
        return trial.masked_answer(answer) if self._bench.redacted() else answer

    def ask(
        self,
        reference: str,
        variables: Mapping[str, Any],
        *,
        model: str = "",
        key: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> PromptAnswer:
        """Render a prompt and call its model once; the answer is as it came, for a program.

        Of what an environment serves, ``key`` (a user, a session) says which arm, and
        ``attributes`` are what its targeting rules look at. A candidate in the shadow answers too,
        in the background.
        """
        from llmops_magics.prompts.serving.resolution import resolve

        served = resolve(self._bench.store(), self.registry, reference, key, attributes)
        answer = trial.ask(
            served.version,
            variables,
            model=self._bench.model_of(served.version, model or served.model),
            images=self._bench.images,
            call=self._bench.client().chat_blocking,
            attributes=served.attributes,
        )
        if self._rollouts is not None and served.pointer and served.pointer.state == SHADOW:
            self._rollouts().beside(served.pointer, variables, answer)
        return answer

    def label(
        self,
        reference: str,
        label: str,
        *,
        force: bool = False,
        reason: str = "",
        namespace: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> LabelMove:
        """Point an unprotected label to a version whose tests pass.

        Tests that were run on the same content, data and model are not run again. A label of a
        tested version does not go to one that names no tests. ``force`` needs a ``reason``, and
        both go into the audit trail. ``namespace`` is where scorer functions are found.
        """
        if not force:
            self._keep_tests(self.registry.get(reference), label)

        def guard(version: PromptVersion) -> str:
            return self._refusal(version, namespace, on_progress)

        return self.registry.label(
            reference, label, force=force, reason=reason, with_diff=True, guard=guard
        )

    def rollback(
        self, name: str, label: str, *, to: str = "", forward: bool = False, reason: str = ""
    ) -> LabelMove:
        """Point a label to what it pointed to before, or with ``forward`` undo a rollback.

        The label of an environment goes back as ``workspace.releases.rollback`` does.
        """
        environment = self._releases().serves(name, label) if self._releases else ""
        if environment:
            return self._roll_release(
                name, label, environment, to=to, forward=forward, reason=reason
            )
        return self.registry.rollback(
            name, label, to=to, forward=forward, reason=reason, with_diff=True
        )

    def checkout(self, name: str, *, at: datetime | str) -> PromptSnapshot:
        """Return what a prompt's references meant then: ``2026-11-01T09:30`` (UTC), ``2h ago``."""
        from llmops_magics.prompts.moment import read_moment

        return self.registry.snapshot(name, read_moment(at))

    def search(self, text: str, *, all_versions: bool = False) -> PromptSearch:
        """Find a text in names, messages, tags and sources of the newest versions, or of all."""
        return self.registry.search(text, all_versions=all_versions)

    def dependents(self, name: str) -> PromptDependents:
        """Return the live versions that include a prompt, directly or through others."""
        return self.registry.dependents(name)

    def export(
        self, reference: str = "", path: str | Path = ".", *, overwrite: bool = False
    ) -> PromptTransfer:
        """Write a version as a ``.prompty`` file with what it includes; with no reference, all."""
        from llmops_magics.prompts.transfer import export_all, export_prompt

        if not reference:
            return export_all(self.registry, Path(path), overwrite=overwrite)
        return export_prompt(self.registry, reference, Path(path), overwrite=overwrite)

    def import_files(self, path: str | Path, *, name: str = "") -> PromptTransfer:
        """Register a ``.prompty`` file, or all of a folder in the order they need one another."""
        from llmops_magics.prompts.transfer import import_path

        return import_path(self.registry, Path(path), name=name)

    def archive(self, name: str, *, restore: bool = False, reason: str = "") -> PromptArchive:
        """Put a prompt away, or take it out again; its versions stay, and stay readable."""
        return self.registry.archive(name, restore=restore, reason=reason)

    def test(
        self,
        reference: str,
        *,
        namespace: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> ChangeTestReport:
        """Run the tests that a version names, as far as they have not been run before."""
        return self._test(self.registry.get(reference), namespace, on_progress)

    def blame(self, name: str, metric: str, *, data: Any = None, model: str = "") -> PromptBlame:
        """Tell which versions moved a metric, from the evals that are stored; no call is made."""
        from llmops_magics.evals.attribution.blame import blame

        dataset = self._bench.datasets().read(data).digest if data is not None else ""
        return blame(self._bench.store(), name, metric, dataset_digest=dataset, model=model)

    def bisect(
        self,
        name: str,
        metric: str,
        *,
        good: str,
        bad: str,
        data: Any,
        model: str = "",
        namespace: Mapping[str, Any] | None = None,
        higher_is_better: bool | None = None,
        on_progress: Progress | None = None,
    ) -> PromptBisect:
        """Find the version between ``good`` and ``bad`` that broke a metric, with few evals.

        Stored runs are used first. ``namespace`` is where scorer functions are found.
        """
        from llmops_magics.evals.attribution.bisect import bisect

        first, last = (self.registry.get(_within(name, end)) for end in (good, bad))
        for end in (first, last):
            if end.name != name:
                raise UsageError(f"{end.ref} is no version of {name}.")
        return bisect(
            self.registry.versions(name),
            metric,
            first.number,
            last.number,
            self._measure(metric, data, model, namespace, on_progress),
            higher_is_better=higher_is_better,
        )

    def ablate(
        self,
        reference: str,
        metric: str,
        *,
        base: str,
        data: Any,
        model: str = "",
        namespace: Mapping[str, Any] | None = None,
        higher_is_better: bool | None = None,
        on_progress: Progress | None = None,
    ) -> PromptAblation:
        """Split the change from ``base`` into its parts and evaluate each alone on it."""
        from llmops_magics.evals.attribution.ablate import ablate

        return ablate(
            self.registry.get(base),
            self.registry.get(reference),
            metric,
            self._measure(metric, data, model, namespace, on_progress),
            higher_is_better=higher_is_better,
        )

    def _roll_release(
        self, name: str, label: str, environment: str, *, to: str, forward: bool, reason: str
    ) -> LabelMove:
        from llmops_magics.prompts.history import LabelMove

        if self._releases is None or forward:
            raise PromptError(
                f"{name}@{label} does not go forward: what {environment} serves is released.",
                hint=f"llmops release promote {name}@NUMBER --to {environment}.",
            )
        number = self.registry.get(_within(name, to)).number if to else 0
        before = self.registry.get(f"{name}@{label}").number
        now = self._releases().rollback(f"{name}@{environment}", to=number, reason=reason).served[0]
        after = int(now.stable["number"])
        return LabelMove(
            name=name,
            label=label,
            before=before,
            after=after,
            action="rollback",
            actor=now.actor,
            moved_at=now.at,
            reason=now.reason,
            changed=before != after,
            diff=self.registry.diff(f"{name}@{before}", f"{name}@{after}"),
        )

    def _measure(
        self,
        metric: str,
        data: Any,
        model: str,
        namespace: Mapping[str, Any] | None,
        on_progress: Progress | None,
    ) -> VersionMeasure:
        from llmops_magics.evals.attribution.effect import MEASURES
        from llmops_magics.evals.scorer import resolve
        from llmops_magics.release.gate.change_test import scorer_name

        names = [] if metric in MEASURES else [scorer_name(metric, namespace or {})]
        return self._bench.measurer(on_progress).bind(
            self._bench.datasets().read(data),
            resolve(names, namespace),
            lambda version: self._bench.model_of(version, model),
        )

    def _test(
        self,
        version: PromptVersion,
        namespace: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> ChangeTestReport:
        from llmops_magics.release.gate.change_test import TestBed, run_tests

        bed = TestBed(
            dataset=self._bench.datasets().read,
            prompt=self.registry.get,
            model_of=self._bench.model_of,
            namespace=namespace,
        )
        return run_tests(version, self._bench.measurer(on_progress), bed)

    def _check_rules(self, name: str, source: str, options: Mapping[str, Any]) -> None:
        """Refuse rules that nobody could decide, before a version names them for ever."""
        if "tests" in source:
            self.preview(name, source, **options)

    def _keep_tests(self, version: PromptVersion, label: str) -> None:
        """Refuse to take a label from a version that is tested to one that is not."""
        if version.tests:
            return
        try:
            holder = self.registry.get(f"{version.name}@{label}")
        except PromptReferenceError:  # a label that is nowhere yet, or no label at all
            return
        if holder.tests:
            raise PromptError(
                f"{version.ref} names no tests, and {holder.ref}, which has the label {label!r}, "
                "does.",
                hint="Add them to its front matter; or: --force --reason WHY, which is audited.",
            )

    def _refusal(
        self,
        version: PromptVersion,
        namespace: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> str:
        """Say why a version's tests keep a label off it, ``""`` if they pass."""
        report = self._test(version, namespace, on_progress)
        if report.verdict == "PASS":
            return ""
        rules = [rule for outcome in report.outcomes for rule in outcome.rules]
        reasons = [f"{r.rule}: {r.verdict}, {r.reason}" for r in rules if r.verdict != "PASS"]
        return f"its tests say {report.verdict} ({'; '.join(reasons)})"


def _within(name: str, reference: str) -> str:
    """Let ``7`` and ``candidate`` stand for ``name@7`` and ``name@candidate``."""
    is_short = "@" not in reference and reference != name and "/" not in reference
    return f"{name}@{reference}" if is_short else reference
