"""The code as a whole: linters, types, layers, and what must not be in it."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "llmops_magics"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = Path(sysconfig.get_path("scripts"))
CHECKS = {
    "ruff": ["ruff", "check", "."],
    "ruff-format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "lint-imports": ["lint-imports", "--no-cache"],
}
HEAVY = (
    "IPython", "alembic", "chromadb", "nbformat", "numpy", "onnxruntime", "openai", "pandas",
    "papermill", "sqlalchemy",
)  # fmt: skip
LOADED = f"import sys, llmops_magics; print(*[m for m in {HEAVY} if m in sys.modules])"


@pytest.mark.xdist_group("architecture")  # one after the other: each takes whole cores
@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_the_checks_pass(command):
    name, *arguments = command
    result = subprocess.run(
        [str(SCRIPTS / name), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_importing_the_package_imports_nothing_heavy():
    result = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_for_and_holds_nothing_forbidden(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert [problem for node in ast.walk(tree) for problem in _problems(node)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import cloudpickle as c",
        "eval('1')",
        "builtins.exec(code)",
        "subprocess.run('ls', shell=True)",
        "numpy.load(path, allow_pickle=True)",
        "os.system('ls')",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    tree = ast.parse(source)
    assert [problem for node in ast.walk(tree) for problem in _problems(node)]


def test_the_search_lets_the_harmless_pass():
    tree = ast.parse(
        "frame.eval('a + b'); run(['ls'], shell=False); numpy.load(p, allow_pickle=False)"
    )
    assert [problem for node in ast.walk(tree) for problem in _problems(node)] == []


def _problems(node):
    """Yield why a node must not be in the package."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
        yield from (f"line {node.lineno}: {n}" for n in names if _is_pickle(n))
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in FORBIDDEN_CALLS:
            yield f"line {node.lineno}: {called}()"
        for keyword in node.keywords:
            if keyword.arg in {"shell", "allow_pickle"} and not _is_false(keyword.value):
                yield f"line {node.lineno}: {keyword.arg}"


FORBIDDEN_CALLS = {
    *(f"{prefix}{name}" for prefix in ("", "builtins.") for name in ("eval", "exec")),
    "os.system",
    "os.popen",
}


PICKLES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def _is_pickle(name):
    return name.partition(".")[0] in PICKLES


def _is_false(node):
    return isinstance(node, ast.Constant) and node.value is False
