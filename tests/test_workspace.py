from __future__ import annotations

import getpass
import os
import tomllib
import warnings
from decimal import Decimal

import pytest

from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import UsageError
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace, create_workspace, current_workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def serve(scripted_server, monkeypatch):
    def start(answer):
        server = scripted_server(answer)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        return server

    return start


def test_the_nearest_file_upwards_marks_the_workspace(tmp_path, monkeypatch):
    inner, deep = tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert current_workspace(deep).root == deep  # there is none at all
    create_workspace(tmp_path)
    assert current_workspace(deep).root == tmp_path
    create_workspace(inner)
    monkeypatch.chdir(deep)
    assert current_workspace().root == inner
    assert current_workspace(inner) is current_workspace()
    assert current_workspace(tmp_path).root == tmp_path


def test_a_workspace_is_created_once(tmp_path):
    path = create_workspace(tmp_path / "new" / "project")
    assert path == tmp_path / "new" / "project" / "llmops.toml"
    assert set(tomllib.loads(path.read_text())) == {"eval", "models"}
    path.write_text("# mine")
    with pytest.raises(UsageError, match="is there already"):
        create_workspace(path.parent)
    assert path.read_text() == "# mine"
    assert Workspace(path.parent).settings.store.url == ""


def test_what_is_created_is_valid_with_its_comments_taken_away(tmp_path):
    path = create_workspace(tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.removeprefix("# ") for line in lines[1:]))
    settings = Workspace(tmp_path).settings
    assert settings.models.judge == "openai/gpt-4.1"
    assert settings.endpoints["acme"].api_key_env == "ACME_API_KEY"


def test_state_is_made_at_first_use_for_the_owner_alone(workspace, tmp_path):
    assert list(tmp_path.iterdir()) == []
    workspace.prompts.register("p", "Hello")
    assert [p.name for p in tmp_path.iterdir()] == [".llmops"]
    assert (tmp_path / ".llmops").stat().st_mode & 0o777 == 0o700


def test_the_store_may_be_elsewhere(workspace, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere" / "my.db"
    monkeypatch.setenv("LLMOPS_STORE", f"sqlite:///{elsewhere}")
    workspace.prompts.register("p", "Hello")
    assert elsewhere.is_file()
    assert not (tmp_path / ".llmops").exists()


def test_closing_twice_is_closing_and_a_closed_one_opens_again(workspace, serve):
    workspace.close()  # nothing was opened yet
    serve("Paris")
    workspace.prompts.register("p", "Capital of {{ country }}?")
    assert workspace.ask("p", model="openai/m", country="France") == "Paris"
    workspace.close()
    workspace.close()
    assert workspace.ask("p", model="openai/m", country="France") == "Paris"


def test_the_actor_is_who_the_environment_says(monkeypatch, workspace):
    monkeypatch.delenv("LLMOPS_ACTOR", raising=False)
    assert current_actor() == getpass.getuser()
    monkeypatch.setenv("LLMOPS_ACTOR", "ci@release")
    assert current_actor() == "ci@release"
    assert workspace.prompts.register("p", "Hello").author == "ci@release"


def test_an_actor_without_a_name_is_a_number(monkeypatch):
    for variable in ("LLMOPS_ACTOR", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)

    def nobody(_uid):
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert current_actor() == f"uid {os.getuid()}"


def test_which_model_answers(workspace, monkeypatch):
    monkeypatch.setenv("LLMOPS_MODEL", "openai/default")
    plain = workspace.prompts.register("p", "Hello")
    own = workspace.prompts.register("q", "Hello", model="openai/own")
    assert workspace.model_of(plain) == "openai/default"
    assert workspace.model_of(own) == "openai/own"
    assert workspace.model_of(own, "openai/asked") == "openai/asked"


def test_our_own_calls_are_priced_once_and_other_spans_too(workspace, serve):
    serve(Reply("Paris", usage=(2000, 250)))
    workspace.prompts.register("p", "Hello")
    workspace.tracing.open_scope("cell", {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        workspace.ask("p", model="openai/gpt-4.1-mini")
        other = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1-mini",
            "gen_ai.usage.input_tokens": 2000,
            "gen_ai.usage.output_tokens": 250,
        }
        with workspace.tracing.span("other", other):
            pass
    totals = workspace.tracing.close_scope().totals
    assert (totals.calls, totals.cost_usd, totals.unpriced_calls) == (2, Decimal("0.0024"), 0)


@pytest.mark.parametrize("options", [{"repeats": 0}, {"concurrency": -1}])
def test_numbers_that_cannot_be_meant_are_refused(workspace, options):
    with pytest.raises(UsageError, match="repeats must be 1 or more"):
        workspace.evaluate("p", [{"a": 1}], [], **options)


def test_the_guards_parts_are_made_once_and_read_no_store(workspace, tmp_path):
    assert workspace.guard is workspace.guard
    assert workspace.access is workspace.access
    assert workspace.scans is workspace.scans
    assert workspace.redteam is workspace.redteam
    assert workspace.scans.scan("text:hello there", detectors=["canary"]).outcome == "clean"
    assert not (tmp_path / ".llmops").exists()
