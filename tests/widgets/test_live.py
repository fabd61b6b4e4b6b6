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


@pytest.fixture(scope="module")
def shown():
    """``shown(gate, metadata)`` runs the cell as a page would that sends such a request."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    tests = Path(__file__).parents[1]
    source = IN_KERNEL.format(path=[str(tests / "views"), str(tests.parent)])

    def run(gate, metadata):
        code = f"import os; os.environ['LLMOPS_GATE'] = {gate!r}\n{source}"
        content = {"code": code, "silent": False, "store_history": True}
        sent = client.session.msg("execute_request", content, metadata=metadata)
        client.shell_channel.send(sent)
        while True:
            message = client.get_iopub_msg(timeout=120)
            if message["msg_type"] == "execute_result":
                return message["content"]["data"]
            assert message["msg_type"] != "error", message["content"]

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gate", "metadata", "is_live"),
    [("", {"cellId": "c1"}, True), ("", {}, False), ("1", {"cellId": "c1"}, False)],
    ids=["a page", "papermill", "a gate"],
)
def test_the_live_part_is_for_a_page_that_somebody_sees(shown, gate, metadata, is_live):
    data = shown(gate, metadata)
    assert (WIDGET_VIEW in data) is is_live
    assert {"text/html", "text/plain"} <= set(data)
