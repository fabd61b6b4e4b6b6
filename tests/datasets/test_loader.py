import json

import pandas as pd
import pytest

from llmops_magics.datasets.loader import load
from llmops_magics.errors import DatasetError

ROWS = [
    {"id": "a", "question": "one?", "expected": "1", "tags": ["x"]},
    {"id": "b", "question": "two, or more?", "expected": None, "tags": []},
]


def test_every_format_of_the_same_cases_has_the_same_digest(tmp_path):
    frame = pd.DataFrame(ROWS)
    flat = frame.assign(tags=["x", ""])
    flat.to_csv(tmp_path / "cases.csv", index=False)
    frame.to_parquet(tmp_path / "cases.parquet")
    (tmp_path / "cases.json").write_text(json.dumps(ROWS))
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    endings = ("csv", "parquet", "json", "jsonl")
    loaded = [load(tmp_path / f"cases.{e}") for e in endings] + [load(frame), load(ROWS)]
    assert {dataset.digest for dataset in loaded} == {loaded[0].digest}
    assert {dataset.name for dataset in loaded} == {"cases", "dataset"}
    assert load(str(tmp_path / "cases.csv"), "mine").name == "mine"


def test_a_frames_index_is_not_part_of_it():
    frame = pd.DataFrame({"q": ["x", "y"]})
    assert load(frame.iloc[1:]).digest == load([{"q": "y"}]).digest


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no-such.csv", "is not there"),
        ("cases.xlsx", r"'.xlsx'.*Known endings: .csv"),
        ("cases", "'none'"),
        ([1], "A list is no dataset"),
        (7, "A int is no dataset"),
        (pd.DataFrame({"q": []}), "is empty"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column 'a' twice"),
        (pd.DataFrame([[1, 2]]), "a column named 0"),
    ],
)
def test_what_is_no_dataset_is_refused(source, message):
    with pytest.raises(DatasetError, match=message):
        load(source)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DatasetError, match="is a folder"):
        load(tmp_path / "a.csv")
