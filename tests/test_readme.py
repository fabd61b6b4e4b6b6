"""Every command and magic that the README names exists, and it names what there is."""

import re
import shlex
from pathlib import Path

import pytest

from llmops_magics.cli.main import build_parser
from llmops_magics.command import dataset, prompt, runs
from llmops_magics.config.settings import EndpointSettings, Settings
from llmops_magics.evals.scorers.registry import NAMES
from llmops_magics.magics.extension import MAGICS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*$|[\[\]…<>|]|\.\.\.")
WITH_OPERATIONS = ("audit", "models", "prompt", "dataset", "runs")
FOREIGN = {"load_ext", "unload_ext", "reload_ext", "pip", "env", "cd", "time", "matplotlib"}


def code():
    """Return the lines of the README's code blocks and its code spans."""
    blocks = "\n".join(BLOCK.findall(README)).replace("\\\n", " ")
    prose = BLOCK.sub("", README)
    return [*blocks.splitlines(), *SPAN.findall(prose)]


def commands():
    """Return the words of every ``llmops ...`` named, up to a pipe, ``&&`` or comment."""
    found = {m[1].strip() for line in code() for m in re.finditer(r"\bllmops (\w[^|;&#`]*)", line)}
    return sorted(found)


def magics():
    named = re.findall(r"(?<![\w%])(%%?)([a-z_]\w*)", "\n".join(code()))
    return sorted({(kind, name) for kind, name in named if name not in FOREIGN})


def settings():
    """Return every key of ``llmops.toml``; an endpoint's name is any."""
    sections = {
        name: field.default for name, field in Settings.model_fields.items() if name != "endpoints"
    }
    found = [f"{name}.{key}" for name, own in sections.items() for key in type(own).model_fields]
    return found + [f"endpoints.NAME.{key}" for key in EndpointSettings.model_fields]


def test_commands_are_named():
    assert commands(), "the README names no command"


@pytest.mark.parametrize("command", commands())
def test_command_parses(command):
    words = shlex.split(command)
    complete = not any(PLACEHOLDER.search(word) for word in words)
    known = [w for w in words if not PLACEHOLDER.search(w)]
    if complete and len(words) > 1:
        build_parser().parse_args(words)
        return
    with pytest.raises(SystemExit) as ended:  # named, or with placeholders: its help must be there
        build_parser().parse_args([*known[: 2 if words[0] in WITH_OPERATIONS else 1], "--help"])
    assert ended.value.code == 0


@pytest.mark.parametrize("magic", magics(), ids="".join)
def test_magic_is_registered(magic):
    kind, name = magic
    assert any(name in magics.magics["cell" if kind == "%%" else "line"] for magics in MAGICS)


@pytest.mark.parametrize("operation", [*prompt.OPERATIONS, *dataset.OPERATIONS, *runs.OPERATIONS])
def test_every_operation_is_documented(operation):
    rows = [line for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{operation}" in row for row in rows)


@pytest.mark.parametrize("scorer", NAMES)
def test_every_scorer_is_documented(scorer):
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{scorer}`" in names for names in rows)


@pytest.mark.parametrize("key", settings())
def test_every_setting_is_documented(key):
    assert f"`{key}`" in README.partition("\n## Settings\n")[2].partition("\n## ")[0]


def test_tests_of_this_file_see_the_readme():
    assert README.startswith("# ")
