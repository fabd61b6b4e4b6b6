"""The tests a prompt names: rules held against an eval, before the version may have a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.measure import Measure, Measured
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.scorer import SCORERS, Scorer, resolve
from llmops_magics.prompts.version import ChangeTest, PromptVersion
from llmops_magics.record import Record
from llmops_magics.release.gate.decision import decide, worst
from llmops_magics.release.gate.result import RuleResult
from llmops_magics.release.gate.rule import COUNTS, MEASURES, NON_INFERIOR, Rule, parse_rule

if TYPE_CHECKING:
    from llmops_magics.datasets.dataset import DatasetVersion


@dataclass(frozen=True, kw_only=True)
class ChangeTestOutcome:
    """One of the prompt's tests: its eval run, and what each rule says of it."""

    data: str
    dataset_digest: str
    model: str
    run_id: str
    reused: bool  # from a stored run; no call was made
    verdict: str  # PASS, FAIL or INCONCLUSIVE
    rules: tuple[RuleResult, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeTestReport(Record):
    """What all tests of a version say; a version without tests has no report."""

    kind: ClassVar[str] = "change-test"

    ref: str
    digest: str
    verdict: str
    outcomes: tuple[ChangeTestOutcome, ...]


@dataclass(frozen=True, kw_only=True)
class TestBed:
    """Where the names in a test lead: data to a dataset, a baseline to a version, both a model.

    ``model_of`` gets the version and the model that the test names, "" for none. ``namespace``
    holds scorers of the user's own.
    """

    __test__ = False  # to pytest

    dataset: Callable[[str], DatasetVersion]
    prompt: Callable[[str], PromptVersion]
    model_of: Callable[[PromptVersion, str], str]
    namespace: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    test: ChangeTest
    rules: tuple[Rule, ...]
    scorers: tuple[Scorer, ...]
    baseline: PromptVersion | None


def run_tests(version: PromptVersion, measure: Measure, bed: TestBed) -> ChangeTestReport:
    """Measure a version on the data of its tests and decide their rules.

    PASS where every rule of every test passes, FAIL where one fails, else INCONCLUSIVE. To pass
    takes all, so no rule's 95% interval is widened for their number: the chance that a bad
    version passes is no larger than that of the one rule it breaks. (An intersection-union test:
    Berger (1982), Technometrics 24:295-300.)

    Raises before any call: ``UsageError`` for a version without tests and a rule that cannot be
    read or decided, ``ScorerError`` for a scorer that is not there.
    """
    if not version.tests:
        raise UsageError(f"{version.ref} names no tests.", hint="Add `tests:` to its front matter.")
    prepared = [_prepare(test, bed) for test in version.tests]
    outcomes = tuple(_run(version, each, measure, bed) for each in prepared)
    return ChangeTestReport(
        ref=version.ref,
        digest=version.digest,
        verdict=worst([rule for outcome in outcomes for rule in outcome.rules]).value,
        outcomes=outcomes,
    )


def scorers_of(rules: Sequence[Rule], namespace: Mapping[str, Any] | None = None) -> list[str]:
    """Return the names of the scorers that rules speak of, each once."""
    names = [rule.subject for rule in rules if rule.subject not in (*COUNTS, *MEASURES)]
    return list(dict.fromkeys(scorer_name(name, namespace or {}) for name in names))


def scorer_name(subject: str, namespace: Mapping[str, Any]) -> str:
    """Return the scorer that gives a score of this name.

    One score of several, ``faithfulness.claims``, is of what stands before the dot, unless there
    is a scorer of the whole name.
    """
    name = subject
    while name not in SCORERS and name not in namespace and "." in name:
        name = name.rpartition(".")[0]
    return name if name in SCORERS or name in namespace else subject


def check_tests(tests: Sequence[ChangeTest]) -> None:
    """Refuse tests that nobody could decide; raises ``UsageError``. Data is not looked for."""
    for test in tests:
        _rules_of(test)


def _rules_of(test: ChangeTest) -> tuple[Rule, ...]:
    rules = tuple(parse_rule(text) for text in test.rules)
    if not rules:
        raise UsageError(f"The test on {test.data} has no rules.", hint="Give it `rules:`.")
    compared = next((rule for rule in rules if rule.comparison == NON_INFERIOR), None)
    if compared is not None and not test.baseline:
        raise UsageError(
            f"The rule {compared.text!r} needs a baseline, and the test on {test.data} has none.",
            hint="Name one: `baseline: name@production`.",
        )
    return rules


def _prepare(test: ChangeTest, bed: TestBed) -> _Prepared:
    rules = _rules_of(test)
    return _Prepared(
        test=test,
        rules=rules,
        scorers=resolve(test.scorers or scorers_of(rules, bed.namespace), bed.namespace),
        baseline=bed.prompt(test.baseline) if test.baseline else None,
    )


def _run(
    version: PromptVersion, prepared: _Prepared, measure: Measure, bed: TestBed
) -> ChangeTestOutcome:
    test = prepared.test
    dataset = bed.dataset(test.data)
    versions = [version] if prepared.baseline is None else [version, prepared.baseline]
    found = [
        measure(each, dataset, prepared.scorers, bed.model_of(each, test.model))
        for each in versions
    ]
    decision = decide(_compared(found), test.rules)
    return ChangeTestOutcome(
        data=test.data,
        dataset_digest=dataset.digest,
        model=found[0].run.model,
        run_id=found[0].run.run_id,
        reused=all(each.reused for each in found),
        verdict=decision.verdict.value,
        rules=decision.rules,
    )


def _compared(found: Sequence[Measured]) -> EvalRun:
    """Return the first run, compared with the second if there is one."""
    run, *others = [each.run for each in found]
    return replace(run, comparison=compare(run, others[0])) if others else run
