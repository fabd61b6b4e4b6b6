"""What cells print: joined by stream, overwritten lines settled, in linear time."""

import time

import nbformat
import pytest

from llmops_magics.release.dossier.stream import settle_streams, shown


def cell_of(*outputs):
    """A cell with streams ``(name, text)`` and displays ``"text"``, in this order."""
    built = [
        nbformat.v4.new_output("stream", name=each[0], text=each[1])
        if isinstance(each, tuple)
        else nbformat.v4.new_output("display_data", data={"text/plain": each})
        for each in outputs
    ]
    return nbformat.v4.new_code_cell("x", outputs=built)


def settled(*outputs):
    cell = cell_of(*outputs)
    settle_streams(cell)
    return [(o.name, o.text) if o.output_type == "stream" else o.data["text/plain"]
            for o in cell.outputs]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", "a\nb\n"),
        ("\r 10%\r 100%\ndone\n", " 100%\ndone\n"),
        ("windows\r\nline\r\n", "windows\nline\n"),
        ("one\rtwo\r", "two"),
        ("", ""),
    ],
)
def test_what_a_terminal_shows(text, expected):
    assert shown(text) == expected


def test_pieces_of_a_stream_are_one_text_where_the_first_stood():
    found = settled("before", ("stderr", "warn"), ("stdout", "a"), "between", ("stdout", "b\n"))
    assert found == ["before", ("stdout", "ab\n"), ("stderr", "warn"), "between"]


def test_what_was_wiped_out_leaves_no_output():
    assert settled(("stderr", "\r 50%"), ("stderr", "\r    \r"), "table") == ["table"]


def test_a_long_line_takes_linear_time():
    pieces = [("stdout", "x" * 30_000 + ("\r" if n % 2 else "")) for n in range(100)]
    began_s = time.process_time()
    settled(*pieces)
    assert time.process_time() - began_s < 1
