"""Who changed: the provider, or we."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from llmops_magics.release.gate.evidence import results_of
from llmops_magics.release.sentinel import compare


@pytest.fixture
def accepted(run_of):
    """The accepted run, and what a dossier says of it."""
    run = replace(run_of(passed=38), scorer_digests={"contains": "sha256:1"})
    responses = {"fingerprints": {"test/model": ["fp_1"]}}
    dossier = SimpleNamespace(
        gate_id="g-1",
        digest="sha256:d",
        finished_at="2026-11-24T00:00:00.000000Z",
        prompt_digest=run.prompt_digest,
        dataset_digest=run.dataset_digest,
        model=run.model,
        resolved_models=run.resolved_models,
        result=SimpleNamespace(evidence={"responses": responses}),
    )
    return run, dossier


def verdict(accepted, fingerprint="fp_1", passed=38, run_of=None, **changes):
    run, dossier = accepted
    now = replace(run, run_id="r2", **changes)
    if run_of is not None:
        now = replace(run_of(passed=passed), scorer_digests=run.scorer_digests, **changes)
    report = compare(dossier, now, run, {"test/model": [fingerprint]})
    return report.verdict, report.results, results_of([report])[0].verdict.value


def test_the_same_is_unchanged_and_passes(accepted):
    assert verdict(accepted) == ("unchanged", "within noise", "PASS")


@pytest.mark.parametrize("change", [{"fingerprint": "fp_2"}, {"resolved_models": ("model-2",)}])
def test_what_the_provider_names_otherwise_is_its_change(accepted, change):
    found = verdict(accepted, **change)
    assert found == ("the provider changed", "within noise", "INCONCLUSIVE")


def test_worse_results_with_nothing_of_ours_changed_are_the_providers(accepted, run_of):
    found = verdict(accepted, passed=20, run_of=run_of)
    assert found == ("the provider changed", "worse", "FAIL")


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_digest": "sha256:other"},
        {"dataset_digest": "sha256:other"},
        {"model": "test/other"},
        {"scorer_digests": {"contains": "sha256:2"}},
        {"settings": {"temperature": 1}},
    ],
)
def test_another_digest_is_ours(accepted, change):
    assert verdict(accepted, **change) == ("we changed", "within noise", "INCONCLUSIVE")


def test_both(accepted):
    found = verdict(accepted, fingerprint="fp_2", prompt_digest="sha256:other")
    assert found[0] == "both"


def test_without_the_accepted_answers_nothing_is_known(accepted):
    run, dossier = accepted
    report = compare(dossier, run, None)
    assert (report.verdict, report.results) == ("INCONCLUSIVE", "not measured")
    assert len(report.notes) == 2
