import json
from base64 import b64encode

import pytest
from pictures import picture
from PIL import PngImagePlugin

from llmops_magics.guard.survey.notebook import MAX_DEPTH, pieces_of, read_notebook

RED = "\x1b[31m"


def notebook(**cell):
    cell = {"cell_type": "code", "metadata": {}, "source": ["a = 1\n", "b"], "outputs": []} | cell
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def texts(found):
    return {piece.name: piece.text for piece in pieces_of(found)[0]}


def test_every_place_of_a_notebook_is_read():
    note = PngImagePlugin.PngInfo()
    note.add_text("note", "in the picture")
    image = b64encode(picture("PNG", pnginfo=note)).decode()
    found = notebook(
        attachments={"a.png": {"image/png": image}},
        metadata={"tags": ["in tags"], "deep": {"in key": "in value"}},
        outputs=[
            {"output_type": "stream", "name": "stderr", "text": ["in ", "stream"]},
            {
                "output_type": "error",
                "ename": "E",
                "evalue": "in evalue",
                "traceback": [f"{RED}in\x1b[0m trace", "second"],
            },
            {
                "output_type": "display_data",
                "data": {
                    "text/html": ["<b>in", " html</b>"],
                    "application/json": {"k": ["in json", 4.5]},
                    "image/svg+xml": "<svg>in svg</svg>",
                    "image/png": image,
                    "image/jpeg": "in what is no base64!",
                },
                "metadata": {"m": "in output metadata"},
            },
        ],
    )
    found["metadata"] = {"papermill": {"parameters": {"token": "in parameter"}}}
    read = texts(found)
    assert "token: in parameter" in read["notebook metadata"]
    assert read["cell 1, source"] == "a = 1\nb"
    assert "in tags" in read["cell 1, metadata"]
    assert "in key: in value" in read["cell 1, metadata"]
    assert "in the picture" in read["cell 1, attachment a.png, image/png"]
    assert read["cell 1, output 1, stderr"] == "in stream"
    assert read["cell 1, output 2, error"] == "E: in evalue\nin trace\nsecond"
    assert read["cell 1, output 3, text/html"] == "<b>in html</b>"
    assert read["cell 1, output 3, application/json"] == "k: in json\n4.5"
    assert "in svg" in read["cell 1, output 3, image/svg+xml"]
    assert "in the picture" in read["cell 1, output 3, image/png"]
    assert read["cell 1, output 3, image/jpeg"] == "in what is no base64!"
    assert "in output metadata" in read["cell 1, output 3, metadata"]


def test_only_what_a_model_may_have_said_is_output():
    data = {"text/plain": "x", "text/html": "y"}
    found = notebook(outputs=[{"output_type": "display_data", "data": data}])
    boundaries = {piece.name: piece.boundary for piece in pieces_of(found)[0]}
    assert boundaries["cell 1, output 1, text/plain"] == "output"
    assert boundaries["cell 1, output 1, text/html"] == "input"
    assert boundaries["cell 1, source"] == "input"


def test_what_lies_too_deep_is_said():
    deep = "bottom"
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    pieces, unread = pieces_of(notebook(metadata={"deep": deep}))
    assert "bottom" not in str(pieces)
    assert unread[0].is_failure
    assert "nested deeper" in unread[0].reason


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 1}', "[" * 100_000])
def test_what_is_no_notebook_is_refused(content):
    with pytest.raises(ValueError, match=r"."):
        read_notebook(content)


@pytest.mark.parametrize("cell", [None, 7, "text", ["a"], {"source": {"a": "b"}}, {"outputs": [3]}])
def test_a_strange_cell_harms_nothing(cell):
    pieces, _ = read_notebook(json.dumps({"cells": [cell]}))
    assert all(isinstance(piece.text, str) for piece in pieces)
