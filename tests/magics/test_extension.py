"""Loading, unloading, and loading twice."""

import subprocess
import sys

import pytest
import wrapt

ASK = (
    "answer = openai.OpenAI().chat.completions.create(\n"
    "    model='gpt-4.1-mini', messages=[{'role': 'user', 'content': 'hi'}])"
)


def traces_of(ip):
    """Everything that an extension may leave in a shell."""
    return (
        {kind: set(names) for kind, names in ip.magics_manager.magics.items()},
        set(ip.magics_manager.registry),
        list(ip.Completer.custom_matchers),
        {event: len(callbacks) for event, callbacks in ip.events.callbacks.items()},
        {name for name in vars(ip) if "llmops" in name},
    )


def test_unload_leaves_nothing_behind(shell):
    loaded = traces_of(shell.ip)
    shell.ok("%unload_ext llmops_magics")
    bare = traces_of(shell.ip)
    assert bare != loaded
    assert not {"prompt", "llm_eval"} & (bare[0]["cell"] | bare[0]["line"])
    assert not {"PromptMagics", "EvalMagics"} & bare[1]
    assert bare[2] == []
    assert bare[3]["pre_run_cell"] == bare[3]["post_run_cell"] == 0
    assert bare[4] == set()
    shell.ok("%load_ext llmops_magics")
    assert traces_of(shell.ip) == loaded


def test_loading_again_changes_nothing(shell):
    loaded = traces_of(shell.ip)
    shell.ok("%load_ext llmops_magics")
    assert traces_of(shell.ip) == loaded
    shell.ok("%reload_ext llmops_magics")
    assert traces_of(shell.ip) == loaded


def test_own_code_is_traced_until_unloaded(shell, endpoint):
    server = endpoint("hello")
    shell.ok("import openai")
    assert shell.ok(ASK).kinds() == ["trace"]
    shell.ok("%unload_ext llmops_magics")
    assert shell.ok(ASK).displayed == []
    assert len(server.requests) == 2
    completions = sys.modules["openai"].resources.chat.completions.Completions
    assert not isinstance(completions.create, wrapt.ObjectProxy)


def test_unloaded_magics_are_unknown(shell):
    shell.ok("%unload_ext llmops_magics")
    assert "not found" in shell.run("%llm_eval --help").err
    assert shell.complete("%llm_eval --sc") == []


@pytest.mark.parametrize("magic", ["%llm_eval", "%%prompt"])
def test_help_has_usage_and_an_example(shell, magic):
    body = "\nx" if magic.startswith("%%") else ""
    shown = shell.ok(f"{magic} --help{body}")
    assert shown.out.startswith(f"usage: {magic}")
    assert "example:\n  " in shown.out
    assert magic in shown.out.split("example:")[1]
    assert shown.displayed == []


def test_loading_imports_nothing_heavy(tmp_path):
    program = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'llmops_magics')\n"
        "heavy = ('sqlalchemy', 'openai', 'pandas', 'numpy', 'pydantic', 'chromadb', 'nbformat')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
