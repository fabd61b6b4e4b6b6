import shutil
from pathlib import Path

import pytest

from llmops_magics.errors import DossierError, UsageError
from llmops_magics.release.dossier.catalogue import (
    check_dossier,
    find_dossiers,
    find_folder,
    get_dossier,
    list_dossiers,
)


@pytest.fixture
def three(sealing, decision_of):
    """Two of one prompt and one of another, in this order."""
    return [
        sealing("gold-a1"),
        sealing("gold-b2", decision=decision_of(prompt="other@1", prompt_digest="sha256:9")),
        sealing("gold-c3", decision=decision_of(prompt="support/answer@2")),
    ]


def test_lists_are_newest_first_and_filtered(three, store, register):
    ids = lambda **by: [d.gate_id for d in list_dossiers(store, register, **by).dossiers]  # noqa: E731
    assert ids() == ["gold-c3", "gold-b2", "gold-a1"]
    assert ids(prompt="support/answer") == ["gold-c3", "gold-a1"]
    assert ids(prompt="support/answer@1") == ["gold-a1"]
    assert ids(gate="other") == []
    assert ids(limit=1) == ["gold-c3"]
    listed = list_dossiers(store, register, limit=1)
    assert (listed.total, listed.dossiers[0].signed_by) == (3, "alice")
    with pytest.raises(UsageError):
        list_dossiers(store, register, limit=-1)


def test_dossiers_of_a_prompt_without_those_that_are_no_evidence(
    three, store, register, tmp_path, tiny
):
    digest = "sha256:" + "1" * 64
    found = find_dossiers(store, tmp_path, register, prompt_digest=digest, gate="gold")
    assert [d.gate_id for d in found] == ["gold-c3", "gold-a1"]
    shutil.rmtree(three[2].archive)
    tiny("gold-c3").rename(three[2].archive)  # well signed, and another
    left = find_dossiers(store, tmp_path, register, prompt_digest=digest)
    assert [d.gate_id for d in left] == ["gold-a1"]
    shutil.rmtree(three[0].archive)
    assert find_dossiers(store, tmp_path, register, prompt_digest=digest) == ()


def test_a_dossier_is_meant_by_id_digest_end_or_newest(three, store, register, tmp_path):
    digest = list_dossiers(store, register).dossiers[1].digest
    for written in ("gold-b2", digest, digest[:20], digest[7:15], "d-b2"):
        assert find_folder(lambda: store, tmp_path, written).name == "gold-b2"
    assert find_folder(lambda: store, tmp_path, "newest").name == "gold-c3"
    assert find_folder(lambda: store, tmp_path, "archive/gold-a1") == Path(three[0].archive)


def test_none_and_several_are_refused(three, store, tmp_path):
    with pytest.raises(DossierError, match="there is no dossier 'nothing'"):
        find_folder(lambda: store, tmp_path, "nothing")
    with pytest.raises(DossierError, match="may be several"):
        find_folder(lambda: store, tmp_path, "gold-")
    with pytest.raises(DossierError, match="there is no dossier '%'"):
        find_folder(lambda: store, tmp_path, "%")


def test_a_folder_is_checked_against_the_row_of_its_gate(three, store, register, tmp_path, tiny):
    assert check_dossier(lambda: store, Path(three[0].archive), register).ok
    replaced = check_dossier(lambda: store, tiny("gold-a1"), register)
    assert not replaced.ok
    assert "another than the one that was sealed" in replaced.problems[0].what
    foreign = check_dossier(lambda: store, tiny("elsewhere-1"), register)
    assert foreign.ok
    assert "did not seal it" in foreign.notes[-1]


def test_another_dossier_in_the_place_of_a_sealed_one(three, store, register, tmp_path, tiny):
    assert get_dossier(lambda: store, tmp_path, register, "gold-a1").gate_id == "gold-a1"
    shutil.rmtree(three[0].archive)
    tiny("gold-a1").rename(three[0].archive)
    with pytest.raises(DossierError, match="but another"):
        get_dossier(lambda: store, tmp_path, register, "gold-a1")
