import nbformat
import pytest

from llmops_magics.errors import GateUsageError
from llmops_magics.record import digest_bytes
from llmops_magics.release.execution.source import check_source


def test_good_notebook_is_read_once(notebook):
    path = notebook("run = None")
    source = check_source(path, {"passed": 3})
    assert source.defaults == {"passed": 38, "note": "none"}
    assert source.digest == digest_bytes(path.read_bytes())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"other": 1}, "no parameter 'other'.*passed, note"),
        ({"passed": "many"}, "'passed' is a whole number, and 'many' is text"),
        ({"x=1;import os": 1}, "is no parameter name"),
        ({"class": 1}, "is no parameter name"),
    ],
)
def test_parameters_must_fit(notebook, parameters, message):
    with pytest.raises(GateUsageError, match=message):
        check_source(notebook(), parameters)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"parameters": None}, "no cells tagged 'parameters'"),
        ({"cells": ["a = 1"], "tags": ["parameters"]}, "2 cells tagged 'parameters'"),
        ({"gate": None}, "no gate call"),
        ({"cells": ["import llmops_magics as m\nm.gate(1)"]}, "2 gate calls"),
        ({"cells": ["a = 1"], "tags": ["skip-execution"]}, "Cell 2: .*skip-execution"),
        ({"cells": ["a = 1"], "tags": ["raises-exception"]}, "Cell 2: .*raises-exception"),
        ({"cells": ["a = 1"], "tags": ["injected-parameters"]}, "Cell 2: .*injected-parameters"),
        ({"cells": ["a = = 1"]}, "Cell 2 is not valid Python"),
    ],
)
def test_what_a_gate_cannot_trust_is_refused(notebook, shape, message):
    cells = shape.pop("cells", [])
    with pytest.raises(GateUsageError, match=message):
        check_source(notebook(*cells, **shape), {})


@pytest.mark.parametrize(
    "call",
    [
        "import llmops_magics\nllmops_magics.gate(run)",
        "import llmops_magics as lm\nd = lm.gate(run)",
        "from llmops_magics import gate\ngate(run)",
        "from llmops_magics import gate as g\nif True:\n    g(run)",
        "import llmops_magics\nz = llmops_magics.gate\nz(run)",
        "%matplotlib inline\nfrom llmops_magics import *\nx = !ls\ngate(run)",
    ],
)
def test_gate_call_is_found_by_any_name(notebook, call):
    check_source(notebook(gate=call), {})


@pytest.mark.parametrize("call", ["gate(run)", "from other import gate\ngate(1)", "# gate(run)"])
def test_another_gate_is_none(notebook, call):
    with pytest.raises(GateUsageError, match="no gate call"):
        check_source(notebook(gate=call), {})


@pytest.mark.parametrize("content", [b"", b"print(1)", b"[1]", b"\xff\xfe", b'{"cells": 1}'])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "gold.ipynb"
    path.write_bytes(content)
    with pytest.raises(GateUsageError, match="is not a notebook"):
        check_source(path, {})
    with pytest.raises(GateUsageError, match="cannot be read"):
        check_source(tmp_path, {})


def test_other_languages_are_refused(notebook):
    path = notebook()
    node = nbformat.read(path, 4)
    node.metadata.kernelspec.language = "R"
    nbformat.write(node, path)
    with pytest.raises(GateUsageError, match="written in 'R'"):
        check_source(path, {})
