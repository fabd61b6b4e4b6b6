"""Routes written into a file that people wrote, and what is refused before it is touched."""

from __future__ import annotations

import tomllib
from difflib import ndiff

import pytest

from llmops_magics.config.route_file import check_route, write_route
from llmops_magics.config.settings import load_settings
from llmops_magics.errors import ConfigError, UsageError

FILE = """# ours
[models]
default = 'openai/x' # single quotes stay

[router.kept]   # by hand
strategy = "fallback"
models = ["openai/a"]
timeout_s = 9

[router.hand]
strategy = "weighted"
models = ["openai/a", "openai/b"]
weights = [1, 1]

[eval]
ask_above_usd = 2.5
"""


@pytest.fixture
def file(folder):
    path = folder / "llmops.toml"
    path.write_text(FILE)
    return path


def test_the_rest_of_the_file_stays(file):
    write_route(file.parent, "new", ["openai/a", "openai/b", "openai/a"], "why\nso")
    text = file.read_text()
    changes = [line for line in ndiff(FILE.splitlines(), text.splitlines()) if line[0] in "-+?"]
    assert [line for line in changes if not line.startswith("+")] == []
    router = load_settings(file.parent).router["new"]
    assert (router.strategy, router.models) == ("fallback", ("openai/a", "openai/b"))
    assert "# why so" in text


def test_only_the_models_of_a_router_change(file):
    write_route(file.parent, "kept", ["openai/b"], "first")
    write_route(file.parent, "kept", ["openai/c"], "second")
    router = load_settings(file.parent).router["kept"]
    assert (router.models, router.timeout_s) == (("openai/c",), 9)
    assert "first" not in file.read_text()
    assert "[router.kept]   # by hand" in file.read_text()


def test_no_file_yet_and_a_link_stays_one(folder):
    write_route(folder, "new", ["openai/a"], "why")
    assert tomllib.loads((folder / "llmops.toml").read_text())["router"]["new"]
    (folder / "llmops.toml").rename(folder / "real.toml")
    (folder / "real.toml").chmod(0o600)
    (folder / "llmops.toml").symlink_to("real.toml")
    write_route(folder, "other", ["openai/a"], "why")
    assert (folder / "llmops.toml").is_symlink()
    assert "other" in (folder / "real.toml").read_text()
    assert (folder / "real.toml").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.glob(".llmops.toml*")] == []


@pytest.mark.parametrize("name", ["Upper", "router/x", "", "a b", "-x"])
def test_a_name_that_is_none(file, name):
    with pytest.raises(UsageError, match="no name of a router"):
        check_route(file.parent, name, load_settings(file.parent))


def test_a_router_by_hand_is_not_overwritten(file):
    settings = load_settings(file.parent)
    with pytest.raises(UsageError, match="there already, as 'weighted'"):
        check_route(file.parent, "hand", settings)
    check_route(file.parent, "kept", settings)
    check_route(file.parent, "new", settings)


@pytest.mark.parametrize("models", [["nobody/a"], ["router/none"], ["router/new", "nobody/a"], []])
def test_what_would_not_load_is_not_written(file, models):
    with pytest.raises(ConfigError, match=r"router\.new"):
        write_route(file.parent, "new", models, "why")
    assert file.read_text() == FILE


def test_a_broken_file_is_said(file):
    file.write_text("[models")
    with pytest.raises(ConfigError, match="not valid TOML"):
        write_route(file.parent, "new", ["openai/a"], "why")
