"""``llmops prompt`` as a process: the operations of ``%prompt``, as text and as JSON."""

import json

import pytest

from llmops_magics.workspace import Workspace


@pytest.fixture
def prompts(folder):
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "Capital of {{ country }}?")
    workspace.prompts.register("geo/capital", "Capital of {{ country }}, please?", message="polite")
    yield workspace.prompts
    workspace.close()


def test_versions_are_listed_shown_and_compared(llmops, prompts):
    assert "geo/capital" in llmops("prompt", "list").stdout
    log = llmops("prompt", "log", "geo/capital").stdout
    assert log.index("polite") < log.index("\n", log.index("polite"))
    diff = llmops("prompt", "diff", "geo/capital@1", "geo/capital").stdout
    assert "+Capital of {{ country }}, please?" in diff
    shown = json.loads(llmops("prompt", "show", "geo/capital@1", "--json").stdout)
    assert (shown["kind"], shown["number"]) == ("prompt-version", 1)


def test_a_label_is_moved_and_moved_back(llmops, prompts):
    for number in (1, 2):
        assert llmops("prompt", "label", f"geo/capital@{number}", "candidate").returncode == 0
    done = llmops("prompt", "rollback", "geo/capital", "candidate", "--json")
    move = json.loads(done.stdout)
    assert (move["before"], move["after"], move["action"]) == (2, 1, "rollback")
    assert prompts.get("geo/capital@candidate").number == 1


def test_a_prompt_is_rendered_and_run(llmops, prompts, endpoint):
    endpoint("Paris")
    rendered = llmops("prompt", "render", "geo/capital@1", "country=France").stdout
    assert "Capital of France?" in rendered
    assert "Paris" in llmops("prompt", "run", "geo/capital@1", "country=France").stdout


def test_a_file_goes_out_and_comes_in(llmops, prompts, folder):
    assert llmops("prompt", "export", "geo/capital@1", "--to", "out").returncode == 0
    [file] = (folder / "out").rglob("*.prompty")
    done = llmops("prompt", "import", file, "--json")
    assert json.loads(done.stdout)["files"][0]["digest"] == prompts.get("geo/capital@1").digest


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("show", "nope"), "There is no prompt 'nope'"),
        (("show", "geo/capital@9"), "has no version 9"),
        (("show", "../etc/passwd"), "is no prompt name"),
        (("label", "geo/capital", "production"), "only a release moves it"),
        (("label", "geo/capital", "7"), "is no label"),
        (("render", "geo/capital"), "country"),
        (("rollback", "geo/capital", "candidate"), "candidate"),
        (("checkout", "geo/capital", "--at", "soon"), "no moment in time"),
        (("import", "nope.prompty"), "nope.prompty"),
        (("blame", "geo/capital", "--metric", "contains"), "contains"),
    ],
)
def test_wrong_usage_is_one_line(refused, prompts, words, reason):
    assert reason in refused("prompt", *words)
