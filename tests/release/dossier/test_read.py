import json
from pathlib import Path

import pytest

from llmops_magics.errors import DossierError
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.manifest import ENVELOPE
from llmops_magics.release.dossier.read import read_dossier, read_part


def test_a_dossier_is_read_from_its_folder_alone(tiny, register, alice):
    folder = tiny()
    dossier = read_dossier(folder, register)
    assert dossier.digest.startswith("sha256:")
    assert (dossier.gate, dossier.gate_id, dossier.verdict) == ("gold", "gold-1", "PASS")
    assert (dossier.actor, dossier.signed_by, dossier.is_known) == ("alice", "alice", True)
    assert (dossier.key_id, dossier.mode) == (alice.key_id, "live")
    assert dossier.result.decision.rules[0].rule == "contains >= 0.6"


def test_the_same_digest_for_a_copy_and_another_for_another(tiny):
    assert read_dossier(tiny("gold-1")).digest != read_dossier(tiny("gold-2")).digest


def test_a_key_nobody_knows_signs_for_nobody(tiny, register, mallory):
    dossier = read_dossier(tiny(key=mallory), register)
    assert (dossier.signed_by, dossier.is_known, dossier.is_signed) == ("", False, True)


def test_a_changed_record_is_refused(tiny):
    folder = tiny()
    body = json.loads((folder / "gate.json").read_bytes())
    (folder / "gate.json").write_text(json.dumps({**body, "verdict": "FAIL"}))
    with pytest.raises(DossierError, match="not the one that was signed"):
        read_dossier(folder)


def test_a_dropped_manifest_is_refused(tiny):
    folder = tiny()
    (folder / ENVELOPE).unlink()
    with pytest.raises(DossierError, match="was signed, and its"):
        read_dossier(folder)


def test_an_archive_without_a_manifest_has_its_records_digest(sealing):
    folder = Path(sealing(signer=None).archive)
    dossier = read_dossier(folder)
    assert (dossier.key_id, dossier.is_signed) == ("", False)
    assert dossier.digest == digest_bytes((folder / "gate.json").read_bytes())


def test_resources_name_what_decided(sealing, run_of):
    dossier = read_dossier(
        Path(sealing(run=run_of(scorer_digests={"contains": "sha256:x"})).archive)
    )
    assert dossier.resources["dataset"]["name"] == "cases"
    assert dossier.resources["packages"]["numpy"] == "2.0.0"
    assert dossier.resources["scorers"] == {"contains": "sha256:x"}
    assert dossier.resources["prompts"]["candidate"]["digest"] == "sha256:" + "1" * 64


def test_a_part_is_refused_when_it_was_changed(sealing):
    folder = Path(sealing().archive)
    assert b"PASS" in read_part(folder, "summary.md")
    assert read_part(folder, "nothing.txt") is None
    (folder / "summary.md").write_text("PASS")
    with pytest.raises(DossierError, match="not what was sealed"):
        read_part(folder, "summary.md")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"kind": "gate-result"}', b"\xff"])
def test_what_is_no_record(tmp_path, content):
    (tmp_path / "gate.json").write_bytes(content)
    with pytest.raises(DossierError):
        read_dossier(tmp_path)
