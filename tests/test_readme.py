"""Every command and magic that the README names exists, and it names what there is."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from llmops_magics.cli.gate import with_run
from llmops_magics.cli.main import COMMANDS, build_parser
from llmops_magics.command import (
    approval,
    audit,
    budget,
    cache,
    corpus,
    dataset,
    dossier,
    gate,
    index,
    keys,
    monitor,
    prompt,
    release,
    rollout,
    router,
    runs,
    trace,
)
from llmops_magics.command.cost import GROUPS
from llmops_magics.command.metrics import BY
from llmops_magics.config.access import EnvironmentAccess, PromptAccess, ToolSettings
from llmops_magics.config.price import PriceSettings
from llmops_magics.config.release import (
    EnvironmentSettings,
    PromptRelease,
    Requirements,
    RolloutSettings,
)
from llmops_magics.config.routing import RouterSettings, RouteRule, Strategy
from llmops_magics.config.settings import EndpointSettings, Settings
from llmops_magics.evals.scorers.registry import NAMES
from llmops_magics.magics.extension import MAGICS
from llmops_magics.tracing.condition import FIELDS
from llmops_magics.tracing.failure import FAILURES
from llmops_magics.tracing.operation import KINDS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*$|[\[\]…<>|]|\.\.\.")
BY_NAME = {  # keys of llmops.toml that stand under a name of one's own
    "endpoints": ("NAME", EndpointSettings),
    "router": ("NAME", RouterSettings),
    "prices": ("MODEL", PriceSettings),
    "tools": ("NAME", ToolSettings),
    "environments": ("NAME", EnvironmentSettings),
}
WITHIN = {  # keys of tables within tables
    "access.prompts.NAME": PromptAccess,
    "access.environments.NAME": EnvironmentAccess,
    "release.prompts.NAME": PromptRelease,
    "environments.NAME.low": Requirements,
    "environments.NAME.rollout": RolloutSettings,
}
OPERATIONS = {  # where each is explained
    "Corpora": corpus.OPERATIONS,
    "Indexes": index.OPERATIONS,
    "Traces": trace.OPERATIONS,
    "Metrics and monitors": monitor.OPERATIONS,
    "Cost and budgets": budget.OPERATIONS | cache.OPERATIONS,
    "Gates": gate.OPERATIONS.keys() - {gate.RUN, "diff"},
    "Dossiers": dossier.OPERATIONS,
    "Keys": keys.OPERATIONS,
    "Approvals": approval.OPERATIONS,
    "Environments": release.OPERATIONS.keys() - rollout.OPERATIONS.keys(),
    "Rollouts": rollout.OPERATIONS,
    "Audit": audit.OPERATIONS,
}
NAMED = {  # words that a section must have
    "Traces": (*FIELDS, *FAILURES, *KINDS),
    "Metrics and monitors": BY,
    "Cost and budgets": GROUPS,
    "Routing": (*get_args(Strategy), *RouteRule.model_fields, *router.OPERATIONS),
}
WITH_OPERATIONS = ("audit", "models", "prompt", "dataset", "runs", "trace", "monitor", "budget")
WITH_OPERATIONS += ("router", "cache", "corpus", "index", "retrieval")
WITH_OPERATIONS += ("approvals", "dossier", "keys", "release")
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
    """Return every key of ``llmops.toml``, with a name or model that is any."""
    sections = {
        name: field.default for name, field in Settings.model_fields.items() if name not in BY_NAME
    }
    found = [
        f"{name}.{key}" if key else name
        for name, own in sections.items()
        for key in getattr(type(own), "model_fields", ("",))
    ]
    found += [f"{table}.{key}" for table, own in WITHIN.items() for key in own.model_fields]
    named = [
        f"{section}.{name}.{key}"
        for section, (name, own) in BY_NAME.items()
        for key in own.model_fields
    ]
    return found + named


def words(section):
    """Return the words of the code in one part of the README."""
    part = re.search(rf"^#+ {section}\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)[1]
    prose = BLOCK.sub("", part)
    return set(re.findall(r"[\w.-]+", " ".join([*BLOCK.findall(part), *SPAN.findall(prose)])))


def test_commands_are_named():
    assert commands(), "the README names no command"


@pytest.mark.parametrize("command", commands())
def test_command_parses(command):
    words = shlex.split(command)
    complete = not any(PLACEHOLDER.search(word) for word in words)
    known = [w for w in words if not PLACEHOLDER.search(w)]
    if complete and len(words) > 1:
        build_parser().parse_args(with_run(words))
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


@pytest.mark.parametrize("section", OPERATIONS)
def test_the_operations_of_a_section_are_documented(section):
    assert set(OPERATIONS[section]) <= words(section)


@pytest.mark.parametrize("section", NAMED)
def test_what_can_be_asked_for_is_documented(section):
    assert set(NAMED[section]) <= words(section)


def test_every_command_and_every_magic_is_documented():
    assert set(COMMANDS) <= {command.split()[0] for command in commands()}
    known = {name for each in MAGICS for names in each.magics.values() for name in names}
    assert known <= {name for _, name in magics()}


@pytest.mark.parametrize("scorer", NAMES)
def test_every_scorer_is_documented(scorer):
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{scorer}`" in names for names in rows)


@pytest.mark.parametrize("key", settings())
def test_every_setting_is_documented(key):
    assert f"`{key}`" in README.partition("\n## Settings\n")[2].partition("\n## ")[0]


def test_tests_of_this_file_see_the_readme():
    assert README.startswith("# ")
