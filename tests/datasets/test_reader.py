import pytest

from llmops_magics.datasets.reader import READERS
from llmops_magics.errors import DatasetError


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(READERS[path.suffix](path))


def test_csv_is_text_with_quotes_and_a_byte_order_mark(tmp_path):
    content = '\ufeffid,q,expected\r\n1,"a, ""b""\nc",\r\n\r\n2,,007\r\n'
    assert read(tmp_path, "a.csv", content) == [
        {"id": "1", "q": 'a, "b"\nc', "expected": None},
        {"id": "2", "q": "", "expected": "007"},
    ]


def test_json_keeps_nested_values(tmp_path):
    line = '{"q": [1, {"a": null}], "x": NaN}'
    expected = [{"q": [1, {"a": None}], "x": None}]
    assert read(tmp_path, "a.jsonl", f"\n{line}\r\n\n") == expected
    assert read(tmp_path, "a.json", f"[{line}]") == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "empty: it has no header"),
        ("a.csv", "a;b\n1;2\n", "not separated by commas"),
        ("a.csv", "a,,c\n", "column 2 of the header has no name"),
        ("a.csv", "a,b,a\n", "same column twice: a"),
        ("a.csv", "a,b\n1,2\n1,2,3\n", "line 3: 3 values for 2 columns"),
        ("a.csv", 'a,b\n1,"2\n', "no valid CSV"),
        ("a.csv", b"PAR1\x15\x04", "it is a Parquet file"),
        ("a.csv", b"PK\x03\x04", "Excel"),
        ("a.csv", "a,b".encode("utf-16"), "binary file, or text in UTF-16"),
        ("a.csv", b"a\n\xe9t\xe9\n", "not UTF-8 text: byte 0xe9 in line 2"),
        ("a.jsonl", '{"a": 1}\n{"a": }\n', "broken in line 2, column 7"),
        ("a.jsonl", "[1]\n", "line 1: a case is a JSON object, not a list"),
        ("a.jsonl", '{"a": Infinity}', "Infinity is no JSON number"),
        ("a.json", '{"a": 1}', "a dict, not a list"),
        ("a.json", "[\n1,]", "broken in line 2"),
        ("a.json", "[" * 100_000, "a.json"),
        ("a.parquet", "a,b\n1,2\n", "no Parquet file"),
        ("a.parquet", b"", "no Parquet file"),
    ],
)
def test_a_file_that_is_not_what_its_ending_says_is_refused(tmp_path, name, content, message):
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, name, content)
