"""Tampering: whatever is done to a dossier is found, and where it can be the byte is named."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from llmops_magics.audit.signing.envelope import Envelope, sign_statement
from llmops_magics.errors import DossierError
from llmops_magics.release.dossier.check import verify_dossier
from llmops_magics.release.dossier.manifest import ENVELOPE, SUM, manifest, signed_files, sum_of

FILES = ("gate.json", "page.html", ENVELOPE, SUM)


def test_what_was_sealed_verifies_wherever_it_is_copied(tiny, register, alice, tmp_path):
    folder = tiny()
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    report = verify_dossier(copy, register)
    assert (report.ok, report.problems, report.files) == (True, (), 5)
    assert (report.key_id, report.signed_by, report.is_known) == (alice.key_id, "alice", True)
    assert (report.gate_id, report.verdict) == ("gold-1", "PASS")


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_byte_is_named(tiny, file):
    folder = tiny()
    content = (folder / file).read_bytes()
    for place in range(0, len(content), 97):
        _flip(folder / file, content, place, 0x10)
        report = verify_dossier(folder)
        assert not report.ok
        assert (report.problems[0].file, report.problems[0].offset) == (file, place)
        assert report.problems[0].until is None


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_each_byte_of_a_dossier_flipped(tiny, file):
    folder = tiny()
    content = (folder / file).read_bytes()
    for place in range(len(content)):
        _flip(folder / file, content, place, 1 << place % 8)
        (problem,) = verify_dossier(folder).problems
        assert (problem.file, problem.offset, problem.until) == (file, place, None)


def _flip(path, content, place, bits):
    path.write_bytes(content[:place] + bytes((content[place] ^ bits,)) + content[place + 1 :])


@pytest.mark.parametrize("file", [*FILES, "empty.txt"])
def test_a_dropped_file_is_missing(tiny, file):
    folder = tiny()
    (folder / file).unlink()
    report = verify_dossier(folder)
    assert [(p.file, p.offset, p.what) for p in report.problems] == [(file, None, "is missing")]


@pytest.mark.parametrize("file", [*FILES, "empty.txt"])
def test_a_cut_or_grown_file_is_found(tiny, file):
    folder = tiny()
    content = (folder / file).read_bytes()
    for changed in (content[: len(content) // 2], content + b"\n"):
        (folder / file).write_bytes(changed)
        problems = verify_dossier(folder).problems
        assert [p.file for p in problems] == ([] if changed == content else [file])
        assert all(p.offset is not None for p in problems)


def test_added_and_renamed_files(tiny):
    folder = tiny()
    (folder / "more.txt").write_text("x")
    (folder / "page.html").rename(folder / "other.html")
    said = {p.file: p.what for p in verify_dossier(folder).problems}
    assert said == {"more.txt": "was added", "page.html": "is missing: it is here as other.html"}


def test_a_link_or_a_folder_in_a_files_place(tiny, tmp_path):
    folder = tiny()
    (folder / "page.html").rename(tmp_path / "page.html")
    (folder / "page.html").symlink_to(tmp_path / "page.html")
    (folder / "empty.txt").unlink()
    (folder / "empty.txt").mkdir()
    assert {p.file for p in verify_dossier(folder).problems} == {"page.html", "empty.txt"}


def test_envelopes_swapped_between_dossiers(tiny):
    one, other = tiny("gold-1"), tiny("gold-2")
    for name in (ENVELOPE, SUM):
        (one / name).write_bytes((other / name).read_bytes())
    problems = verify_dossier(one).problems
    assert [p.file for p in problems] == ["gate.json"]
    assert problems[0].offset is not None


def test_signed_again_by_an_unknown_key_is_not_known(tiny, register, mallory):
    report = verify_dossier(tiny(key=mallory), register)
    assert report.ok  # no byte is wrong: it is another dossier, and nobody's
    assert (report.is_known, report.signed_by) == (False, "")
    assert any("not in the register" in note for note in report.notes)


def test_a_key_that_was_revoked_before(tiny, register, alice):
    revoked = register.with_revoked(alice.key_id, "2026-01-02T00:00:00Z", "lost")
    report = verify_dossier(tiny(), revoked)
    assert (report.ok, report.is_known) == (True, False)
    assert any("revoked before" in note for note in report.notes)


def test_a_register_with_another_key_of_the_same_id(tiny, register, mallory):
    own = register.keys[0]
    forged = type(own)(**{**own.__dict__, "public": mallory.public_hex})
    assert not verify_dossier(tiny(), type(register)((forged,))).is_known


def test_a_manifest_that_says_other_than_its_record(tiny, alice, result_of):
    folder = tiny()
    files = {n: (folder / n).read_bytes() for n in ("gate.json", "page.html", "empty.txt")}
    better = result_of("gold-1", is_signed=True, mode="replay")
    made = manifest(files, better, actor="alice", signed_at="2026-11-24T00:00:00Z")
    for name, content in signed_files(made, alice)[1].items():
        (folder / name).write_bytes(content)
    said = [p.what for p in verify_dossier(folder).problems]
    assert "says another mode than gate.json, which it signs" in said


def test_a_signature_of_something_else_is_none(tiny, alice):
    folder = tiny()
    made = json.loads(Envelope.from_json((folder / ENVELOPE).read_bytes()).payload)
    made["predicate"].pop("signer")
    made["predicateType"] = made["predicateType"].replace("gate-run", "approval")
    content = sign_statement(alice, made).to_json().encode()
    (folder / ENVELOPE).write_bytes(content)
    (folder / SUM).write_bytes(sum_of(content))
    (problem,) = verify_dossier(folder).problems
    assert "no gate run" in problem.what


def test_white_space_in_the_envelope_is_a_change(tiny):
    folder = tiny()
    content = (folder / ENVELOPE).read_bytes().replace(b'"payloadType":', b'"payloadType": ')
    (folder / ENVELOPE).write_bytes(content)
    (folder / SUM).write_bytes(sum_of(content))
    assert [p.file for p in verify_dossier(folder).problems] == [ENVELOPE]


def test_an_archive_without_a_manifest_verifies_as_before(sealing):
    result = sealing(signer=None)
    report = verify_dossier(result_folder(result))
    assert (report.ok, report.key_id) == (True, "")
    assert any("Nobody signed" in note for note in report.notes)
    (result_folder(result) / "summary.md").write_text("PASS")
    assert [str(p) for p in verify_dossier(result_folder(result)).problems] == [
        "summary.md was changed"
    ]


def test_no_dossier_at_all(tmp_path):
    with pytest.raises(DossierError, match="is no dossier"):
        verify_dossier(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert {p.file for p in verify_dossier(tmp_path / "empty").problems} == {ENVELOPE}


def test_a_copy_with_binary_files_as_text(sealing, run_of, tmp_path):
    """What a remote archive holds: base64 where a file is no text."""
    folder = result_folder(sealing(run=run_of()))
    (rows,) = folder.glob("rows-*.gz")
    encoded = base64.b64encode(rows.read_bytes())
    rows.with_name(f"{rows.name}.b64").write_bytes(encoded)
    assert [p.what for p in verify_dossier(folder).problems] == ["was added"]
    rows.unlink()
    assert verify_dossier(folder).ok


def result_folder(result):
    return Path(result.archive)
