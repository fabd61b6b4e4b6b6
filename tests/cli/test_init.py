"""``llmops init``."""

import pytest


def test_makes_a_workspace_once(llmops, refused, folder):
    done = llmops("init", "project")
    assert done.returncode == 0
    assert "%load_ext llmops_magics" in done.stdout
    assert (folder / "project" / "llmops.toml").is_file()
    before = (folder / "project" / "llmops.toml").read_bytes()
    assert "is there already" in refused("init", "project")
    assert (folder / "project" / "llmops.toml").read_bytes() == before


def test_a_file_is_no_folder(refused, folder):
    (folder / "taken").write_text("x")
    assert "taken" in refused("init", "taken")


@pytest.mark.parametrize("content", ["not toml", "[models]\ndefalt = 'x'\n"])
def test_broken_settings_are_one_line(refused, folder, content):
    (folder / "llmops.toml").write_text(content)
    assert "llmops.toml" in refused("audit", "verify")
