"""``llmops models``: what is here, and whether the server runs."""


def test_list_names_every_weight(llmops, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("LLMOPS_MODEL_DIR", raising=False)
    done = llmops("models", "list")
    assert done.returncode == 0
    assert "smollm2-135m" in done.stdout
    assert "missing (llmops models pull)" in done.stdout
    assert "server: not running" in done.stdout


def test_stop_without_a_server(llmops, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CACHE_DIR", str(tmp_path / "cache"))
    done = llmops("models", "stop")
    assert (done.returncode, done.stdout) == (0, "not running\n")


def test_an_action_is_needed(llmops):
    assert llmops("models").returncode == 2
