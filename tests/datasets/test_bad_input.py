"""What no dataset is made of, and what one is made of all the same."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from llmops_magics.datasets import reader
from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.loader import load
from llmops_magics.errors import DatasetError


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "a\x07b"}, "cannot be an id"),
        ({"id": "x" * 201}, "cannot be an id"),
        ({"q\x00": 1}, "control character"),
        ({"q": 1, " q": 2}, "column 'q' twice"),
        ({"caf\u00e9": 1, "cafe\u0301": 2}, "twice"),
        ({"q": 1 << 5000}, "the number is too large"),
        ({"q": float("inf")}, "no JSON number"),
        ({"q": {"1": 0, 1: 0}}, "two keys are the same"),
        ({"q": {"\ud800": 0}}, "half a character"),
        ({"group": ["a"]}, "`group` is a list"),
        ({"group": "a", "metadata": {"group": "b"}}, "differ"),
        ({f"c{n}": n for n in range(1001)}, "1,001 columns"),
        ({"q": object()}, "a object cannot be stored"),
    ],
)
def test_a_row_that_cannot_be_kept_is_refused_by_name(row, message):
    with pytest.raises(DatasetError, match=message):
        dataset_from_rows([row], "d")


def test_ids_that_climb_are_texts_like_any_other():
    ids = ("../../etc/passwd", "C:\\x", "~root", "a/b")
    dataset = dataset_from_rows([{"id": name, "q": 1} for name in ids], "d")
    assert [case.id for case in dataset.cases] == list(ids)


def test_nan_is_missing_and_mixed_types_stay_apart():
    dataset = dataset_from_rows([{"q": float("nan")}, {"q": "1"}, {"q": 1}, {"q": 1.0}], "d")
    assert [repr(case.inputs["q"]) for case in dataset.cases] == ["None", "'1'", "1", "1.0"]


def test_a_group_goes_into_the_metadata():
    (case,) = dataset_from_rows([{"q": 1, "group": "doc-7", "metadata": {"k": 1}}], "d").cases
    assert (case.inputs, case.metadata) == ({"q": 1}, {"k": 1, "group": "doc-7"})


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    for name in ("a.csv", "a.jsonl", "a.json", "a.parquet"):
        with (tmp_path / name).open("wb") as stream:
            stream.truncate(1024**3)  # a gigabyte that takes no room
        with pytest.raises(DatasetError, match=r"has 1,024 MB; at most 256 are read"):
            load(tmp_path / name)


def test_a_parquet_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_MAX_VALUE_BYTES", 1_000_000)
    parquet.write_table(pa.table({"q": ["x" * 10_000] * 5_000}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    with pytest.raises(DatasetError, match="unpacks to over"):
        load(tmp_path / "a.parquet")
    monkeypatch.setattr(reader, "MAX_ROWS", 100)
    with pytest.raises(DatasetError, match="5,000 rows: too many"):
        load(tmp_path / "a.parquet")


def test_a_pipe_is_no_file(tmp_path):
    import os

    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(DatasetError, match="is not there"):
        load(tmp_path / "a.csv")
