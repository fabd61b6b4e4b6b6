"""Every tutorial runs to its end, as a reader would run it; what is in git holds no outputs.

Not as a gate, which asks every answer anew and lets a notebook decide once. The demo's notebook is
executed by the demo's own tests.
"""

from pathlib import Path

import nbformat
import pytest

from llmops_magics.demo.demonstration import DATA
from llmops_magics.notebook import gold_notebooks

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TUTORIALS = sorted((NOTEBOOKS / "tutorials").glob("*.ipynb"))
DEMO = sorted(DATA.glob("*.ipynb"))
ALL = [*TUTORIALS, *DEMO, *gold_notebooks().values()]


def name(path):
    return path.stem


@pytest.mark.parametrize("path", ALL, ids=name)
def test_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    for cell in code:
        assert cell.outputs == []
        assert cell.execution_count is None
        assert "papermill" not in cell.metadata
    assert "papermill" not in notebook.metadata
    assert "widgets" not in notebook.metadata


@pytest.mark.slow
@pytest.mark.xdist_group("embedded")  # the embedded server answers one call at a time
@pytest.mark.parametrize("path", TUTORIALS, ids=name)
def test_runs_to_its_end(path, folder, tmp_path, embedded_models):
    import papermill

    executed = tmp_path / path.name
    papermill.execute_notebook(
        str(path),
        str(executed),
        cwd=str(folder),
        kernel_name="python3",
        execution_timeout=200,
        progress_bar=False,
    )
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count, cell.source
            assert [o for o in cell.outputs if o.output_type == "error"] == [], cell.source
            assert "UsageError" not in str(cell.outputs), cell.source
