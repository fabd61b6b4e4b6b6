from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.release.dossier.comparing import compare_dossiers
from llmops_magics.release.gate.result import RuleResult, Verdict


@pytest.fixture
def versions(store):
    """Two versions of a prompt in the registry."""
    registry = PromptRegistry(store, actor=lambda: "alice")
    text = "---\nmodel: test/model\n---\nsystem:\n{}\nuser:\n{{{{ question }}}}\n"
    return [
        registry.register("support/answer", text.format(how)) for how in ("Be kind.", "Be brief.")
    ]


@pytest.fixture
def sides(sealing, run_of, decision_of, versions):
    """Two dossiers: 38 of 40 cases hold, then 20; index, model and numpy differ too."""

    def seal(name, version, passed, **changes):
        run = run_of(passed=passed, prompt=version.ref, prompt_digest=version.digest)
        samples = [replace(s, output=f"{name} {s.case_id}") for s in run.samples]
        verdict = Verdict.PASS if passed > 30 else Verdict.FAIL
        decision = decision_of(
            prompt=version.ref,
            prompt_digest=version.digest,
            verdict=verdict,
            rules=(
                RuleResult(
                    rule="contains >= 0.6", verdict=verdict, reason="x", observed=passed / 40
                ),
            ),
            **changes.pop("decision", {}),
        )
        made = sealing(name, run=replace(run, samples=tuple(samples)), decision=decision, **changes)
        return Path(made.archive)

    old = seal("gold-1", versions[0], 38)
    new = seal(
        "gold-2", versions[1], 20,
        decision={"index_fingerprint": "sha256:i", "resolved_models": ("model-2",)},
        packages={"python": "3.11.9", "numpy": "2.1.0"},
    )  # fmt: skip
    return old, new


def test_all_that_changed_is_said(sides):
    diff = compare_dossiers(*sides)
    assert (diff.before.verdict, diff.after.verdict) == ("PASS", "FAIL")
    assert [(c.field, c.before, c.after) for c in diff.prompt.changes] == [
        ("system", "Be kind.", "Be brief.")
    ]
    (pair,) = diff.scores
    assert (pair.before.mean, pair.after.mean) == (0.95, 0.5)
    (score,) = diff.comparison.differences
    assert score.difference == pytest.approx(-0.45)
    assert (diff.comparison.common_cases, score.verdict) == (40, "worse")
    assert diff.flips == len(diff.flipped) == 18
    flipped = diff.flipped[0]
    assert (flipped.case_id, flipped.is_better) == ("c20", False)
    assert (flipped.answer_before, flipped.answer_after) == ("gold-1 c20", "gold-2 c20")
    assert [(r.before, r.after) for r in diff.rules] == [("PASS", "FAIL")]
    assert diff.cost_after.cost_usd == Decimal("0.04")
    named = {d.what: (d.before, d.after) for d in diff.differences}
    assert named == {
        "index": ("", "sha256:i"),
        "package numpy": ("2.0.0", "2.1.0"),
        "resolved models": ("model-1", "model-2"),
    }
    assert diff.notes == ()


def test_a_dossier_beside_itself_has_no_difference(sides):
    diff = compare_dossiers(sides[0], sides[0])
    assert diff.prompt.changes == ()
    assert (diff.flips, diff.differences) == (0, ())
    assert diff.comparison.differences[0].difference == 0


def test_what_cannot_be_compared_is_said(sealing, sides):
    bare = Path(sealing("gold-3").archive)
    diff = compare_dossiers(bare, sides[1])
    assert (diff.prompt, diff.comparison, diff.flips) == (None, None, 0)
    assert diff.notes == (
        "gold-3 has no copy of support/answer@1: it was not registered.",
        "gold-3 holds no eval run to pair cases with.",
    )


def test_a_comment_holds_the_difference_and_no_markup_of_others(sides):
    comment = compare_dossiers(*sides).to_markdown()
    assert "**PASS** → **FAIL**" in comment
    assert "```diff" in comment
    assert "-Be kind." in comment
    assert "18 flipped cases" in comment
    assert "-45.0 pts (" in comment
    assert "| package numpy | 2.0.0 | 2.1.0 |" in comment


def test_a_text_cannot_leave_its_fence(sides, versions):
    diff = compare_dossiers(*sides)
    change = replace(diff.prompt.changes[0], after="```\n<script>\n````")
    hostile = replace(diff, prompt=replace(diff.prompt, changes=(change,)))
    assert "`````diff" in hostile.to_markdown()


def test_hostile_names_are_escaped(sides):
    diff = compare_dossiers(*sides)
    pair = replace(diff.scores[0], scorer="<img> | @all [x](y)")
    comment = replace(diff, scores=(pair,)).to_markdown()
    assert "<img>" not in comment
    assert "\\@all" in comment
