from __future__ import annotations

import dossier_records as records
import pytest

from llmops_magics.views.dossier_diff import dossier_diff_html, dossier_diff_text
from llmops_magics.views.format import NOTHING


@pytest.mark.parametrize("shown", [dossier_diff_html, dossier_diff_text])
def test_verdicts_scores_flips_and_the_rest(shown):
    text = shown(records.dossier_diff())
    assert "✓ PASS → ✗ FAIL" in text
    assert "95.0%" in text
    assert "50.0%" in text
    assert "18 flipped cases, worse: c1 plain" in text
    assert "$0.04 for 40 answers" in text
    assert "index plain" in text
    assert "Nothing is paired. plain" in text


@pytest.mark.parametrize("shown", [dossier_diff_html, dossier_diff_text])
def test_nothing_changed(shown):
    same = records.dossier_diff(
        after=records.listed(), scores=(), rules=(), comparison=None, flipped=(), flips=0,
        differences=(), notes=(), prompt=None,
    )  # fmt: skip
    text = shown(same)
    assert "✓ PASS, as before" in text
    assert "Everything else that decided is the same." in text


def test_a_score_of_one_run_alone_is_not_paired():
    (pair,) = records.dossier_diff().scores
    alone = type(pair)(scorer="new", before=None, after=pair.after, is_proportion=True)
    text = dossier_diff_text(records.dossier_diff(scores=(alone,)))
    assert f"new: {NOTHING} → 50.0%, not paired" in text
