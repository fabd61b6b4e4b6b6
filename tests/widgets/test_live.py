from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from view_records import eval_run

from llmops_magics import views, widgets
from llmops_magics.record import LIVE_VIEWS, VIEWS
from llmops_magics.widgets.live import WIDGET_VIEW, eval_run_bundle, widget_bundle
from llmops_magics.widgets.table import ResultTable

IN_KERNEL = """
import sys; sys.path[:0] = {path!r}
from view_records import eval_run
import llmops_magics.views, llmops_magics.widgets
eval_run()
"""


def test_importing_the_packages_fills_the_registries():
    assert VIEWS["eval-run"].html.__module__.startswith(views.__name__)
    assert LIVE_VIEWS["eval-run"].__module__.startswith(widgets.__name__)


def test_without_a_kernel_there_is_no_live_part():
    assert eval_run_bundle(eval_run()) == {}
    assert WIDGET_VIEW not in eval_run()._repr_mimebundle_()


def test_only_the_widgets_own_part_is_taken():
    assert set(widget_bundle(ResultTable(eval_run()))) == {WIDGET_VIEW}


def test_views_and_widgets_import_nothing_heavy():
    heavy = ["IPython", "anywidget", "ipywidgets", "pandas", "numpy", "sqlalchemy", "openai"]
    code = f"""
import sys
import llmops_magics.views, llmops_magics.widgets
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(("gate", "is_live"), [("", True), ("1", False)])
def test_a_kernel_shows_the_live_part_except_in_a_gate(gate, is_live, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("LLMOPS_GATE", gate)
    tests = Path(__file__).parents[1]
    source = IN_KERNEL.format(path=[str(tests / "views"), str(tests.parent)])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=120).execute()
    (output,) = notebook.cells[0].outputs
    assert (WIDGET_VIEW in output.data) is is_live
    assert {"text/html", "text/plain"} <= set(output.data)
