import nbformat

from llmops_magics.release.dossier.freeze import freeze, outputs_of, shown_records

VIEW = "application/vnd.jupyter.widget-view+json"


def notebook_showing(*bundles):
    outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs)
    metadata = {"widgets": {"state": {}}, "papermill": {"input_path": "/home/me/gold.ipynb"}}
    return nbformat.v4.new_notebook(cells=[cell], metadata=metadata)


def test_live_views_and_paths_are_dropped():
    notebook = notebook_showing({VIEW: {}, "text/html": "<b>1</b>"}, {VIEW: {}})
    freeze(notebook, {"notebook": "gold.ipynb"})
    shown = [output["data"] for output in outputs_of(notebook)]
    assert shown[0] == {"text/html": "<b>1</b>"}
    assert list(shown[1]) == ["text/plain"]
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.papermill.input_path == "gold.ipynb"


def test_shown_records_are_found_by_type():
    notebook = notebook_showing({"application/x+json": {"b": 1, "a": 2}}, {"text/plain": "x"})
    assert shown_records(notebook, "application/x+json") == [b'{"a":2,"b":1}']


def test_an_overwritten_line_is_kept_as_a_terminal_shows_it():
    cell = nbformat.v4.new_code_cell("x")
    cell.outputs = [
        nbformat.v4.new_output("stream", text="\r 10%\r 100%\ndone\n"),
        nbformat.v4.new_output("stream", text="\r 50%\r     \r"),
    ]
    freeze(nbformat.v4.new_notebook(cells=[cell]), {"notebook": "a.ipynb"})
    assert [o.text for o in cell.outputs] == [" 100%\ndone\n"]
