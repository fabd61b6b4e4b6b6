from __future__ import annotations

import subprocess
import sys

HEAVY = ("aiohttp", "asyncio", "jinja2", "numpy", "openai")
USE = """
import urllib.request, urllib.error, json, pytest

def ask(server):
    request = urllib.request.Request(
        server.base_url + "/chat/completions",
        json.dumps({"model": "m", "messages": [{"role": "user", "content": "?"}]}).encode(),
        {"Authorization": "Bearer " + server.api_key},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]

def test_two_servers(scripted_server):
    first, second = scripted_server("Paris"), scripted_server(["Rome"], latency_ms=1)
    assert (ask(first), ask(second)) == ("Paris", "Rome")

def test_broken_script(scripted_server):
    with pytest.raises(urllib.error.HTTPError):
        ask(scripted_server(lambda _: 1 / 0))
"""
# Whether the package is installed, and its entry point active, must make no difference.
PLUGIN = ("-p", "no:llmops_magics", "-p", "llmops_magics.testing.fixture")


def test_starts_servers_and_reports_a_broken_script(tmp_path):
    (tmp_path / "test_use.py").write_text(USE)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, "-p", "no:cacheprovider", "-q", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed, 1 error" in result.stdout
    assert "ERROR at teardown of test_broken_script" in result.stdout
    assert "ZeroDivisionError" in result.stdout


def test_loading_the_plugin_imports_nothing_heavy():
    code = f"""
import pytest, sys
before = set(sys.modules)
import llmops_magics.testing.fixture
print(sorted((set(sys.modules) - before) & set({HEAVY!r})))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
