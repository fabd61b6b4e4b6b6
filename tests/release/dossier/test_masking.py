"""Secrets planted in every place of a notebook; the record holds none of them."""

import io
import json
from base64 import b64decode, b64encode

import nbformat
import pytest
from PIL import Image, PngImagePlugin

from llmops_magics.guard.survey.image_text import text_beside
from llmops_magics.release.dossier import masking
from llmops_magics.release.dossier.masking import LEFT_OUT, mask_value, redact_notebook
from llmops_magics.release.execution.process import Job, execute

KEY = "sk-ant-api03-" + "Zx9" * 20
MAIL = "ann@example.org"
RED, OFF = "\x1b[31m", "\x1b[0m"


def picture(form="PNG", **options):
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), (1, 2, 3)).save(stream, form, **options)
    return b64encode(stream.getvalue()).decode()


def png_with(text):
    note = PngImagePlugin.PngInfo()
    note.add_text("note", text, zip=True)
    return picture(pnginfo=note)


def notebook_with(*outputs, source="1", **cell):
    outputs = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    made = nbformat.v4.new_code_cell(source, outputs=outputs)
    made.update(cell)
    return nbformat.v4.new_notebook(cells=[made])


def with_attachments(notebook, attachments):
    cell = nbformat.v4.new_markdown_cell("text", attachments=nbformat.from_dict(attachments))
    notebook.cells.append(cell)
    return notebook


def shown(notebook, number=0):
    return notebook.cells[0].outputs[number]["data"]


def test_every_place_is_masked():
    error = nbformat.v4.new_output(
        "error", ename="E", evalue=KEY, traceback=[f"key = {RED}{KEY[:20]}{OFF}{KEY[20:]}"]
    )
    stream = nbformat.v4.new_output("stream", text=f"{RED}to {MAIL}{OFF} {KEY}")
    notebook = notebook_with(
        {"text/html": f"<b>{KEY}</b>", "application/json": {KEY: [MAIL, 4]}},
        source=f"key = '{KEY}'",
    )
    with_attachments(notebook, {MAIL: {"text/plain": KEY}})
    notebook.cells[0].outputs += [error, stream]
    notebook.cells[0].metadata = nbformat.from_dict({"tags": [MAIL], "deep": {"a": [{"b": KEY}]}})
    notebook.metadata.papermill = {"parameters": {"token": KEY, MAIL: 1}}
    redact_notebook(notebook)
    whole = json.dumps(notebook)
    assert KEY not in whole
    assert KEY[20:] not in whole
    assert MAIL not in whole
    assert shown(notebook)["application/json"] == {"[anthropic-key]": ["[email]", 4]}
    nbformat.validate(notebook)


def test_colours_stay_where_nothing_was_hidden():
    notebook = notebook_with()
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text=f"{RED}fine{OFF}")]
    redact_notebook(notebook)
    assert notebook.cells[0].outputs[0].text == f"{RED}fine{OFF}"


def test_the_text_in_a_picture_goes_and_the_picture_stays():
    page = f'<img src="data:image/png;base64,{png_with(KEY)}">'
    bare = picture()
    notebook = notebook_with(
        {"image/png": png_with(KEY), "text/html": page},
        {"image/png": bare},
    )
    with_attachments(notebook, {"a.png": {"image/png": png_with(KEY)}})
    redact_notebook(notebook)
    for encoded in (
        shown(notebook)["image/png"],
        shown(notebook)["text/html"].partition("base64,")[2].rstrip('">'),
        notebook.cells[1].attachments["a.png"]["image/png"],
    ):
        content = b64decode(encoded)
        assert KEY not in text_beside(content)
        assert Image.open(io.BytesIO(content)).size == (4, 4)
    assert shown(notebook, 1)["image/png"] == bare


def test_a_picture_of_another_kind_goes_if_it_holds_something():
    notebook = notebook_with(
        {"image/gif": picture("GIF", comment=KEY.encode())},
        {"image/gif": picture("GIF", comment=b"harmless")},
    )
    redact_notebook(notebook)
    assert shown(notebook)["image/gif"] == LEFT_OUT
    assert shown(notebook, 1)["image/gif"] == picture("GIF", comment=b"harmless")


def test_what_is_no_picture_is_text():
    notebook = notebook_with({"image/png": MAIL})
    redact_notebook(notebook)
    assert shown(notebook) == {"image/png": "[email]"}


def test_digests_of_records_stay():
    record = {"rows_artifact": "sha256:" + "0f" * 32, "run_id": "run-0123456789ab-deadbeef"}
    assert mask_value(record) == record


def test_a_detector_that_cannot_look_refuses_the_archive(monkeypatch):
    monkeypatch.setattr(masking, "DETECTOR", "nope")
    with pytest.raises(masking.GateRunError, match="Nobody could look for secrets"):
        redact_notebook(notebook_with({"text/plain": "x"}))


@pytest.mark.slow
def test_an_executed_notebook_holds_none_of_what_was_planted(tmp_path):
    """A real kernel: a parameter, an output, a traceback with locals, the environment."""
    cells = [
        nbformat.v4.new_code_cell("token = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(token)\n{'mail': token}"),
        nbformat.v4.new_code_cell("def send(key):\n    raise ValueError(key)\nsend(token)"),
    ]
    source = tmp_path / "source.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    job = Job(
        source=str(source),
        executed=str(tmp_path / "executed.ipynb"),
        parameters={"token": KEY},
        cell_timeout_s=60,
    )
    (tmp_path / "ballot").mkdir()
    execute(job, ballot=tmp_path / "ballot", root=tmp_path, timeout_s=120)
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    assert json.dumps(executed).count(KEY) >= 4
    redact_notebook(executed)
    assert KEY not in json.dumps(executed)
    nbformat.validate(executed)
