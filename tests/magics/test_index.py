"""``%llm_index`` and ``%index_status`` in a real shell."""

from __future__ import annotations

import pytest

from llmops_magics.command.index import OPERATIONS
from llmops_magics.workspace import current_workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def handbook(shell, folder, embedded_models):
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("# Returns\nGoods come back within 30 days.")
    (folder / "docs" / "b.txt").write_text("The warranty ends after two years.")
    shell.ok("%llm_corpus add handbook docs")
    return shell


def test_help_names_every_operation(shell):
    page = shell.ok("%llm_index --help").out
    assert all(f"\n  {name} " in page for name in OPERATIONS)
    for name in OPERATIONS:
        assert f"example:\n  %llm_index {name}" in shell.ok(f"%llm_index {name} --help").out
    assert "%index_status handbook --rule 'stale <= 1%'" in shell.ok("%index_status --help").out
    assert shell.ok("%llm_index").value.indexes == ()
    assert "there is no index" in shell.refused("%index_status")


def test_an_index_is_built_checked_refreshed_and_reverted(handbook, folder):
    change = handbook.ok("%llm_index build handbook --chunker semchunk:50").value
    assert (change.embedded, change.manifest.embedding_model) == (2, "local/minilm-l6-v2-int8")
    assert handbook.ok("%index_status").value.is_current
    (folder / "docs" / "b.txt").write_text("The warranty ends after three years.")
    status = handbook.ok("%index_status handbook --rule 'stale <= 1%' 'age <= 7d'").value
    assert [rule.verdict for rule in status.rules] == ["FAIL", "PASS"]
    assert handbook.ok("%llm_index refresh handbook").value.embedded == 1
    assert handbook.ok("%llm_index verify handbook").value.is_sound
    assert handbook.ok("%llm_index revert handbook").value.manifest.corpus_version == 1
    assert handbook.ok("%llm_index show handbook").value.chunker == "semchunk:50/0"
    names = [each.corpus for each in handbook.ok("%llm_index list").value.indexes]
    assert names == ["handbook"]
    assert "no operation 'statsu'" in handbook.refused("%llm_index statsu handbook")
    assert "cannot be decided" in handbook.refused("%index_status handbook --rule 'old <= 1'")
    handbook.ok("%llm_index drop handbook")
    assert current_workspace().indexes.names() == ()


def test_watching_shows_one_output_and_ends(handbook, monkeypatch):
    handbook.ok("%llm_index build handbook")
    run = handbook.ok("%index_status handbook --watch --every 1s --times 2")
    assert run.value is None
    assert run.kinds() == ["index-status", "index-status"]  # the second updates the first
    monkeypatch.setenv("LLMOPS_GATE", "1")
    assert handbook.ok("%index_status handbook --watch").value.is_current
