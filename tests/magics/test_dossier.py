"""``%llm_dossier`` in a real shell."""

from __future__ import annotations


def test_a_list_and_what_is_not_there(shell, folder):
    assert shell.ok("%llm_dossier").value.total == 0
    assert shell.ok("%llm_dossier list --gate gold").value.dossiers == ()
    assert "there is no dossier 'nothing'" in shell.run("%llm_dossier show nothing").err
