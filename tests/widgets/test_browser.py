"""The widgets in a real JupyterLab and a real browser, driven by keys and mouse."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from reviewed import RUN_ID, make_sample, rows, samples_of, store_run
from served_lab import jupyterlab

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.evals.review.log import ReviewLog
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
    (
        "%load_ext llmops_magics\n"
        "import llmops_magics.views, llmops_magics.widgets\n"
        "from llmops_magics.evals.stored import load_run\n"
        "from llmops_magics.workspace import current_workspace\n"
        f"run = load_run(current_workspace().store, {RUN_ID!r})\nrun"
    ),
    "%llm_review run",
)


@pytest.fixture
def page(folder):
    """A page of JupyterLab with both cells run, once the widgets are open."""
    store = Workspace(folder).store
    odd = dataset_from_rows(rows(3000), "fees").cases[0]
    samples = [make_sample(odd, exact=False, judged=False, output=HOSTILE), *samples_of(3000)[1:]]
    store_run(store, samples)
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # or Lab asks for it
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "look.ipynb")
    with jupyterlab(folder) as url, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1200})
        page.goto(f"{url}lab/tree/look.ipynb?token=token")
        idle = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        page.wait_for_function(f"() => {idle} === 'idle'", timeout=60_000)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        opened = "document.querySelectorAll('.llmops-widget[data-open-ms]').length"
        page.wait_for_function(f"() => {opened} === 2", timeout=60_000)
        yield page
        browser.close()


def test_rows_are_windowed_and_keys_review(page, folder):
    table, review = page.locator(".llmops-widget").all()
    assert table.locator(".llmops-row").count() < 40
    assert "<img src=x" in table.locator(".llmops-row").first.inner_text()
    table.locator(".llmops-window").evaluate("list => { list.scrollTop = list.scrollHeight }")
    last = table.locator('.llmops-row[aria-posinset="3000"] .llmops-case')
    last.wait_for()
    table.locator("input[type=search]").fill("plan 2999?")
    page.wait_for_function(
        "() => document.querySelector('.llmops-count').textContent.startsWith('1 of 3,000')"
    )
    review.locator(".llmops-case-view").focus()
    cells = page.locator(".jp-Cell").count()
    for key, said in (("a", "Agreed"), ("s", "Skipped"), ("u", "Undone"), ("w", "is wrong")):
        page.keyboard.press(key)
        review.locator(".llmops-status", has_text=said).wait_for()
    assert page.locator(".jp-Cell").count() == cells  # the keys of Lab itself did nothing
    page.keyboard.press("n")
    review.locator("textarea").wait_for()
    page.keyboard.type("a and w are letters here")
    page.keyboard.press("Control+Enter")
    review.locator(".llmops-status", has_text="Note kept").wait_for()
    assert page.title() != "owned"
    actions = ReviewLog(Workspace(folder).store).actions(RUN_ID)
    assert [each.action for each in actions] == ["agree", "skip", "undo", "wrong", "note"]
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = nbformat.read(folder / "look.ipynb", as_version=4)
    assert "widgets" not in saved.metadata
