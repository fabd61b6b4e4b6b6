"""Every format gives the very same cases back, and a spreadsheet runs none of them."""

import csv
import io
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

sys.path.append(str(Path(__file__).parent))
from dataset_rows import ROWS

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.loader import load
from llmops_magics.datasets.writer import WRITERS, to_csv, write
from llmops_magics.errors import DatasetError

CASES = dataset_from_rows(
    [
        {"id": "=cmd", "q": "=HYPERLINK(1)", "n": -5, "expected": "@x", "tags": ["+t"]},
        {"id": "-b", "q": "'=quoted", "n": None, "group": "g"},
    ],
    "d",
).cases


@pytest.mark.parametrize("ending", WRITERS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(rows=ROWS)
def test_export_then_import_is_the_identity(ending, rows):
    try:
        dataset = dataset_from_rows(rows, "d")
    except DatasetError:
        assume(False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"d{ending}"
        write(dataset.cases, path)
        again = load(path)
    assert again.cases == dataset.cases
    assert again.digest == dataset.digest


def test_no_cell_of_a_csv_begins_like_a_formula(tmp_path):
    content = to_csv(CASES).decode()
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")] == []
    write(CASES, tmp_path / "d.csv")
    assert load(tmp_path / "d.csv").cases == CASES


def test_a_file_of_others_is_read_as_it_stands(tmp_path):
    (tmp_path / "a.csv").write_text("id,q\n1,'=x\n2,=y\n")
    assert [c.inputs["q"] for c in load(tmp_path / "a.csv").cases] == ["'=x", "=y"]


def test_nothing_is_written_over_or_through(tmp_path):
    target, link = tmp_path / "there.jsonl", tmp_path / "link.jsonl"
    target.write_text("mine")
    link.symlink_to(target)
    for path, message in (
        (link, "symbolic link"),
        (target, "there already"),
        (tmp_path / "d.xlsx", "ending '.xlsx'"),
        (tmp_path, "ending 'none'"),
    ):
        with pytest.raises(DatasetError, match=message):
            write(CASES, path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DatasetError, match="is a folder"):
        write(CASES, tmp_path / "folder.csv", overwrite=True)
    with pytest.raises(DatasetError, match="symbolic link"):
        write(CASES, link, overwrite=True)
    assert target.read_text() == "mine"
    assert write(CASES, target, overwrite=True) == target.stat().st_size


def test_a_marked_cell_that_is_no_json_names_its_line(tmp_path):
    (tmp_path / "a.csv").write_text("id,n:json\n1,5\n2,five\n")
    with pytest.raises(DatasetError, match=r"line 3: the cell under 'n:json' is no JSON"):
        load(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("n,n:json\n1,5\n")
    with pytest.raises(DatasetError, match="column 'n' twice"):
        load(tmp_path / "b.csv")
