from __future__ import annotations

import dossier_records as records
import pytest

from llmops_magics.release.dossier.record import DossierList
from llmops_magics.views.dossier import (
    dossier_html,
    dossier_list_html,
    dossier_list_text,
    dossier_report_html,
    dossier_report_text,
    dossier_text,
)


@pytest.mark.parametrize("shown", [dossier_html, dossier_text])
def test_verdict_signer_and_what_decided(shown):
    text = shown(records.dossier())
    assert "✓ PASS: release_gate" in text
    assert f"by alice plain with {records.KEY}" in text
    assert "ci plain (by their own word)" in text
    assert "test/model" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_known": False, "signed_by": ""}, "which the register of keys does not know"),
        ({"is_known": False, "signed_by": "bob"}, "of bob, which was revoked before"),
        ({"key_id": "", "is_known": False, "signed_by": ""}, "by nobody"),
    ],
)
def test_what_a_signature_is_worth(changes, said):
    assert said in dossier_text(records.dossier(**changes))


@pytest.mark.parametrize("shown", [dossier_report_html, dossier_report_text])
def test_each_first_wrong_byte_is_named(shown):
    text = shown(records.report())
    assert "✗ 2 problems" in text
    assert "1,024 to 2,047" in text or "bytes 1024 to 2047" in text
    assert "not in the register" in text


def test_a_whole_dossier_is_said_to_be():
    text = dossier_report_text(records.report(ok=True, problems=()))
    assert text.startswith("✓ Every byte is as it was sealed")


@pytest.mark.parametrize("shown", [dossier_list_html, dossier_list_text])
def test_a_row_a_dossier(shown):
    text = shown(records.dossier_list())
    assert "2 of 12 dossiers" in text
    assert all(word in text for word in ("PASS", "COULD NOT RUN", "alice", "nobody"))


def test_an_empty_list_has_no_table():
    empty = DossierList(dossiers=(), total=0)
    assert dossier_list_text(empty) == "0 dossiers"
    assert "<table" not in dossier_list_html(empty)
