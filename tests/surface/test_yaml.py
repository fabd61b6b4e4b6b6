"""YAML from elsewhere: no object, no alias, no depth, and no time that grows faster than it."""

from __future__ import annotations

import ast
import contextlib
import time
from pathlib import Path

import pytest
import yaml

import llmops_magics
from llmops_magics.config.yaml_limit import YamlAliasError, refuse_surprises
from llmops_magics.errors import GateUsageError, GuardError, PromptSyntaxError, RetrievalError
from llmops_magics.evals.scorers.code_syntax import find_code_fault
from llmops_magics.guard.redteam.document import parse_yaml
from llmops_magics.prompts.frontmatter import parse_front_matter
from llmops_magics.release.execution.parameter import parse_parameter
from llmops_magics.retrieval.corpus.text import split_front_matter as document_head

PACKAGE = Path(llmops_magics.__file__).parent
SIZE = 60_000
LEVELS = range(1, 10)
BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in LEVELS]
)  # 9 to the tenth texts, of half a kilobyte
OBJECTS = (
    "a: !!python/object/apply:os.system [id]",
    "a: !!python/name:os.system",
    "a: !!python/object/new:type [x]",
    "a: !!python/module:os",
)
SLOW = {
    "lists": "a: " + "[" * SIZE,
    "mappings": "a: " + "{" * SIZE,
    "dashes": "- " * (SIZE // 2),
    "question marks": "? " * (SIZE // 2),
    "sixties": "a: " + ":".join(["59"] * (SIZE // 3)),
    "digits": "a: " + "9" * SIZE,
    "underscores": "a: 1" + "_" * SIZE,
    "quotes": "a: '" + "''" * (SIZE // 2),
    "keys": "".join(f"k{n}: 1\n" for n in range(SIZE // 8)),
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(SIZE // 14)),
}


def document(text):
    return document_head(f"---\n{text}\n---\nbody")


def prompt(text):
    return parse_front_matter(text)


def parameter(text):
    return parse_parameter(f"p={text}")


def suite(text):
    return parse_yaml(text, "suite.yaml")


READERS = {
    "suite": suite,
    "document": document,
    "prompt": prompt,
    "parameter": parameter,
    "code": find_code_fault,
}
ELSEWHERE = ["suite", "document", "prompt", "parameter"]
REFUSALS = (GateUsageError, GuardError, PromptSyntaxError, RetrievalError, RecursionError)


def read(reader, text):
    """Return what a reader makes of a text, None for a refusal; and its CPU seconds."""
    started = time.process_time()
    try:
        found = READERS[reader](text)
    except REFUSALS:
        found = None
    return found, time.process_time() - started


@pytest.mark.parametrize("reader", ELSEWHERE)
def test_an_alias_is_followed_nowhere(reader):
    found, seconds = read(reader, BOMB)
    assert found is None
    assert seconds < 3


@pytest.mark.parametrize("reader", ELSEWHERE)
@pytest.mark.parametrize("text", OBJECTS)
def test_no_object_is_made(reader, text):
    """A document keeps as its text what is no plain mapping; the others refuse it."""
    found, _ = read(reader, text)
    assert found is None or found[0] == {}


@pytest.mark.parametrize("reader", ELSEWHERE)
@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_text_takes_long(reader, text):
    assert read(reader, text)[1] < 6


@pytest.mark.parametrize("text", [BOMB, *SLOW.values()], ids=["bomb", *SLOW])
def test_nor_does_an_answer_that_is_scored_as_code(text):
    started = time.process_time()
    with contextlib.suppress(RecursionError):
        find_code_fault(text, "yaml")
    assert time.process_time() - started < 6


def test_what_may_not_be_is_told_apart():
    for text, error in (
        ("[*a]", ValueError),
        ("[" * 300, ValueError),
        ("1" + ":59" * 200, ValueError),
        ("a: [", yaml.YAMLError),
    ):
        with pytest.raises(error):
            refuse_surprises(text)
    with pytest.raises(YamlAliasError):
        refuse_surprises("a: &a 1\nb: *a")
    refuse_surprises("a: &a 1\nb: [" + "[" * 150 + "]" * 151)


LOADERS = {"load", "safe_load", "load_all", "safe_load_all", "full_load", "unsafe_load"}
OURS = {"release/execution/parameter.py", "retrieval/corpus/text.py"}


def loads(path):
    """Return how a module loads YAML: the functions of ``yaml`` that it calls."""
    calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    names = [ast.unparse(call.func) for call in calls]
    return {name for name in names if name.partition(".")[0] == "yaml"} & {
        f"yaml.{name}" for name in LOADERS
    }


def test_whoever_loads_yaml_looks_for_surprises_first():
    """A module that reads YAML from elsewhere without ``refuse_surprises`` is found here."""
    found = {path.relative_to(PACKAGE).as_posix(): loads(path) for path in PACKAGE.rglob("*.py")}
    using = {name for name, calls in found.items() if calls}
    assert using >= OURS
    for name in using:
        source = (PACKAGE / name).read_text("utf-8")
        reads_what_we_ship = "importlib.resources" in source
        assert reads_what_we_ship or "refuse_surprises" in source, name
    for calls in found.values():
        assert not calls & {"yaml.full_load", "yaml.unsafe_load", "yaml.load_all"}
