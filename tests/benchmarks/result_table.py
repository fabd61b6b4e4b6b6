"""How long a large run's table takes to open, and how much it adds to a notebook.

    python tests/benchmarks/result_table.py [CASES]

A run of so many cases (10,000) is made and stored, and then shown by a cell of a real JupyterLab in
a real browser. Printed: from the click on "run" to the first rows on the page, the median of five;
the CPU seconds of reading the run back, of its MIME bundle and of the widget, in this process; and
the bytes that the cell adds to the notebook on disk. The browser part needs chromium, and
playwright, which the test extra brings.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import llmops_magics
from llmops_magics.evals.stored import load_run

sys.path.insert(0, str(Path(__file__).parents[1] / "widgets"))
from served_lab import jupyterlab

LOAD = """\
import llmops_magics
from llmops_magics.evals.stored import load_run
%load_ext llmops_magics
run = load_run(llmops_magics.current_workspace().store, {run_id!r})"""
OPEN = "document.querySelector('.llmops-widget[data-open-ms] .llmops-row')"


def make_run(cases: int) -> str:
    """Store a run whose answers are a few sentences long, one in seven wrong; return its id."""
    words = "The plan can be cancelled at the end of a month. " * 4
    rows = [
        {"question": f"What does plan {n} cost? {words}", "expected": f"{n} euros"}
        for n in range(cases)
    ]

    async def answer(case):
        number = case.expected if len(case.id) % 7 else "no"
        return f"It costs {number} a month. {words}"

    run = llmops_magics.evaluate(answer, rows, ["contains", "token_f1"], concurrency=64)
    return run.run_id


def cpu(work):
    """Return the CPU seconds of a call, and what it returned."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def here(run_id: str) -> None:
    """Print what opening takes of this process."""
    from llmops_magics.widgets.table import ResultTable

    store = llmops_magics.current_workspace().store
    reading, run = cpu(lambda: load_run(store, run_id))
    bundling, _ = cpu(run._repr_mimebundle_)
    making, _ = cpu(lambda: ResultTable(run))
    print(f"CPU s: reading {reading:.2f}, MIME bundle {bundling:.2f}, widget {making:.2f}")


def in_browser(folder: Path, run_id: str) -> None:
    """Print what a user waits for, and what stays in the notebook."""
    from playwright.sync_api import sync_playwright

    path = folder / "look.ipynb"
    sources = (LOAD.format(run_id=run_id), "run")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    before = path.stat().st_size
    with jupyterlab(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{url}lab/tree/look.ipynb?token=token")
        status = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        page.wait_for_function(f"() => {status} === 'idle'", timeout=60_000)
        command = "command => window.jupyterapp.commands.execute(command)"
        page.evaluate(command, "notebook:run-all-cells")
        page.wait_for_function(f"() => {OPEN}", timeout=60_000)
        seconds = [again(page, command) for _ in range(5)]
        page.evaluate(command, "docmanager:save")
        browser.close()
    print(f"run to first rows: {statistics.median(seconds):.2f} s {sorted(seconds)} (limit 1 s)")
    grown = path.stat().st_size - before
    print(f"the notebook grew by {grown / 1e6:.2f} MB (limit 1 MB)")


def again(page, command: str) -> float:
    """Clear the last cell's output, run it once more, and return the seconds until rows show."""
    page.evaluate(command, "notebook:clear-cell-output")
    page.wait_for_function(f"() => !{OPEN}", timeout=60_000)
    started = time.perf_counter()
    page.evaluate(command, "notebook:run-cell")
    page.wait_for_function(f"() => {OPEN}", polling=20, timeout=60_000)
    return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("llmops.toml").touch()
        made = make_run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        here(made)
        if shutil.which("chromium"):
            in_browser(Path(folder), made)
        else:
            print("No chromium here: what a browser shows was not measured.")
