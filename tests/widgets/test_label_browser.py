"""The labelling in a real JupyterLab and a real browser: every key is in the store at once."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from served_lab import jupyterlab

from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.workspace import Workspace

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium"),
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("browser"),
]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
CELLS = (
    "%load_ext llmops_magics",
    "%retrieval_label docs --queries asked.txt --k 3",
)


@pytest.fixture
def page(folder, endpoint):
    """A page of JupyterLab with the labelling open."""
    endpoint("unused")
    workspace = Workspace(folder)
    rows = [{"id": f"d{n}", "text": f"The refund of plan {n}. {HOSTILE}"} for n in range(6)]
    workspace.indexes.build(
        "docs", workspace.corpora.add("docs", rows), chunker="whole", embedding="openai/vectors"
    )
    workspace.close()
    (folder / "asked.txt").write_text("Where is the refund of plan 1?\nWho has plan 4?\n")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "look.ipynb")
    with jupyterlab(folder) as url, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1200})
        page.goto(f"{url}lab/tree/look.ipynb?token=token")
        idle = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        page.wait_for_function(f"() => {idle} === 'idle'", timeout=60_000)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        opened = "document.querySelectorAll('.llmops-widget[data-open-ms]').length"
        page.wait_for_function(f"() => {opened} === 1", timeout=60_000)
        yield page
        browser.close()


def grades(folder):
    workspace = Workspace(folder)
    rows = LabelLog(workspace.store, "docs").labels()
    workspace.close()
    return [row.grade for row in rows]


def test_keys_grade_move_and_undo(page, folder):
    widget = page.locator(".llmops-widget")
    view = widget.locator(".llmops-case-view")
    status = widget.locator(".llmops-status")
    cells = page.locator(".jp-Cell").count()
    assert "<img src=x" in view.inner_text()
    view.focus()
    for number, key in enumerate(("3", "0", "1")):
        page.keyboard.press(key)
        status.filter(has_text=f"Graded {key}").wait_for()
        assert grades(folder)[-1] == int(key)
        assert view.get_attribute("data-index") == str(number + 1)
    page.keyboard.press("u")
    status.filter(has_text="Undone: the grade 1").wait_for()
    assert grades(folder) == [3, 0, 1, None]
    assert view.get_attribute("data-index") == "2"
    page.keyboard.press("p")
    widget.locator('.llmops-case-view[data-index="1"]').wait_for()
    assert widget.locator("[aria-pressed=true]").inner_text().startswith("not relevant")
    page.keyboard.press("n")
    widget.locator('.llmops-case-view[data-index="2"]').wait_for()
    assert widget.locator("[aria-pressed=true]").count() == 0
    widget.locator(".llmops-grade-2").click()
    status.filter(has_text="Graded 2").wait_for()
    assert widget.locator(".llmops-count").inner_text().startswith("3 of ")
    assert page.locator(".jp-Cell").count() == cells  # the keys of Lab itself did nothing
    assert page.title() != "owned"
