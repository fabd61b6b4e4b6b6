from __future__ import annotations

import subprocess
import sys

import pytest

import llmops_magics
from llmops_magics import library
from llmops_magics.testing import Reply

NAMES = {
    "LlmopsError",
    "Workspace",
    "ask",
    "calibrate",
    "attach_context",
    "create_workspace",
    "current_workspace",
    "evaluate",
    "gate",
    "get_prompt",
    "guard_stream",
    "guarded_tool",
    "index_documents",
    "index_manifest",
    "load_cases",
    "load_ipython_extension",
    "register_prompt",
    "run_gate",
    "scorer",
    "session",
    "span",
    "trace",
    "unload_ipython_extension",
}
HEAVY = {
    "IPython", "aiohttp", "alembic", "chromadb", "jinja2", "nbformat", "numpy", "openai",
    "opentelemetry", "pandas", "papermill", "pydantic", "sqlalchemy",
}  # fmt: skip


def test_the_public_names_are_these():
    assert set(llmops_magics.__all__) == NAMES
    assert len(llmops_magics.__all__) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_is_there_and_says_what_it_is(name):
    assert getattr(llmops_magics, name).__doc__
    assert name in dir(llmops_magics)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'evalute'"):
        llmops_magics.evalute  # noqa: B018


def imported_by(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(result.stdout.split())


def test_importing_is_light():
    loaded = imported_by("import llmops_magics")
    assert loaded & HEAVY == set()
    assert {m for m in loaded if m.startswith("llmops_magics.")} == set()


def test_the_workspace_is_light_too():
    loaded = imported_by("import llmops_magics; llmops_magics.current_workspace()")
    assert loaded & HEAVY <= {"opentelemetry"}


@pytest.fixture
def here(tmp_path, monkeypatch, scripted_server):
    """Work in an empty folder, with a model that repeats what it is told."""
    server = scripted_server(Reply.template("{{ user }}"))
    monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("LLMOPS_MODEL", "openai/scripted")
    monkeypatch.setenv("LLMOPS_ACTOR", "ada")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    library.current_workspace().close()


def test_a_prompt_is_registered_asked_and_evaluated(here):
    version = llmops_magics.register_prompt("p", "Say {{ word }}", message="why")
    assert (version.ref, version.author, version.message, version.is_new) == (
        "p@1",
        "ada",
        "why",
        True,
    )
    assert llmops_magics.ask("p", word="hello") == "Say hello"
    data = [{"word": "a", "expected": "a"}]
    run = llmops_magics.evaluate("p", data, ["mine"], namespace={"mine": lambda output: 1.0})
    assert run.samples[0].value("mine") == 1.0
    assert "p@1" in run._repr_mimebundle_()["text/html"]


def test_a_prompt_is_got_with_its_difference(here):
    llmops_magics.register_prompt("p", "Say {{ word }}")
    llmops_magics.register_prompt("p", "Sing {{ word }}")
    (change,) = llmops_magics.get_prompt("p").diff.changes
    assert (change.before, change.after) == ("Say {{ word }}", "Sing {{ word }}")


def test_cases_are_loaded_as_a_data_frame(here):
    frame = llmops_magics.load_cases([{"word": "a"}, {"word": "b", "expected": "B"}])
    assert list(frame["word"]) == ["a", "b"]
    assert list(frame["id"]) == ["case-001", "case-002"]


def test_a_run_is_decided_by_rules(here):
    llmops_magics.register_prompt("p", "Say {{ word }}")
    data = [{"word": f"w{i}", "expected": f"w{i}"} for i in range(40)]
    run = llmops_magics.evaluate("p", data, ["contains"])
    assert llmops_magics.gate(run, ["contains >= 0.8"]).verdict == "PASS"
