from __future__ import annotations

import platformdirs

from llmops_magics.models.local import folder


def test_the_default_is_the_users_cache(monkeypatch) -> None:
    monkeypatch.delenv("LLMOPS_CACHE_DIR", raising=False)
    monkeypatch.delenv("LLMOPS_MODEL_DIR", raising=False)
    cache = platformdirs.user_cache_path("llmops_magics", appauthor=False)
    assert folder.cache_folder() == cache
    assert folder.model_folder() == cache / "models"


def test_variables_move_all_or_only_the_weights(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LLMOPS_CACHE_DIR", str(tmp_path / "all"))
    monkeypatch.setenv("LLMOPS_MODEL_DIR", str(tmp_path / "weights"))
    assert folder.server_folder().parent == tmp_path / "all" / "server"
    assert folder.model_folder() == tmp_path / "weights"


def test_an_empty_variable_is_none(monkeypatch) -> None:
    monkeypatch.setenv("LLMOPS_MODEL_DIR", "")
    assert folder.given_model_folder() is None
