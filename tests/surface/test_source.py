"""What must not be in the package beside what ``test_architecture`` looks for (pickle, a shell)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import llmops_magics

PACKAGE = Path(llmops_magics.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(PACKAGE.rglob("*.js"))
UNSAFE_FILES = {
    ".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".bin", ".h5", ".npy", ".so", ".dll",
}  # fmt: skip
UNSAFE_CALLS = {
    "jinja2.Template", "jinja2.Environment", "Environment", "torch.load", "mktemp",
    "yaml.unsafe_load", "yaml.full_load", "tempfile.mktemp", "read_pickle", "__import__",
    "ssl._create_unverified_context", "numpy.memmap", "marshal.loads", "compile_command",
}  # fmt: skip
LOADS = {"np.load", "numpy.load"}


def problems(source):
    """Yield the calls of a module that nothing hostile may reach."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in UNSAFE_CALLS or name.rpartition(".")[2] in {"extractall", "read_pickle"}:
            yield name
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if given.get("verify") == "False":
            yield name
        if name in LOADS and given.get("allow_pickle") != "False":
            yield name


def test_no_module_calls_what_hostile_data_could_use():
    found = {path.name: [*problems(path.read_text("utf-8"))] for path in MODULES}
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    [
        "Environment(loader=x)",
        "jinja2.Template(x)",
        "archive.extractall('.')",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(x)",
        "get(url, verify=False)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert [*problems(source)]


def test_the_package_ships_no_file_that_is_code_in_disguise():
    assert [path for path in PACKAGE.rglob("*") if path.suffix in UNSAFE_FILES] == []


def test_the_part_in_the_browser_writes_markup_in_one_place():
    """``showHtml`` takes what the views made; every other text is ``textContent``."""
    writes = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|eval\(|new Function"
        r"|createContextualFragment|setHTMLUnsafe|(?<![.\w])fetch\(|XMLHttpRequest|WebSocket|import\("
    )
    found = [writes.findall(path.read_text("utf-8")) for path in SCRIPTS]
    assert len(SCRIPTS) >= 4
    assert sorted(each for calls in found for each in calls) == ["innerHTML"]
