from __future__ import annotations

import argparse
import json

import pytest

from llmops_magics.command.value import (
    assignment,
    json_or_text,
    read_json,
    read_source,
    read_variables,
)
from llmops_magics.errors import UsageError


def test_an_assignment_is_split_at_the_first_equals_sign():
    assert assignment("question=is 1+1=2?") == ("question", "is 1+1=2?")
    assert assignment("empty=") == ("empty", "")


@pytest.mark.parametrize("text", ["question", "=x", ""])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not name=value"):
        assignment(text)


def test_a_setting_is_json_or_text():
    assert [json_or_text(t) for t in ("0.5", "7", '["a"]', "low")] == [0.5, 7, ["a"], "low"]


def test_variables_take_their_declared_type():
    inputs = {"count": {"type": "integer"}, "tags": {"type": "array"}, "text": {"type": "string"}}
    pairs = [("count", "3"), ("tags", '["a", "b"]'), ("text", "3"), ("free", "3")]
    values = read_variables(pairs, inputs, {})
    assert values == {"count": 3, "tags": ["a", "b"], "text": "3", "free": "3"}


def test_an_at_sign_takes_a_variable_or_a_file(tmp_path):
    file = tmp_path / "article.txt"
    file.write_text("from the file")
    pairs = [("a", "@docs"), ("b", f"@{file}"), ("c", "@@ada")]
    values = read_variables(pairs, {}, {"docs": ["from", "the", "notebook"]})
    assert values == {"a": ["from", "the", "notebook"], "b": "from the file", "c": "@ada"}


def test_a_name_that_is_neither_says_so(tmp_path):
    with pytest.raises(UsageError, match="no variable and no file 'nope'"):
        read_variables([("a", "@nope")], {}, {})
    binary = tmp_path / "x.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no UTF-8"):
        read_variables([("a", f"@{binary}")], {}, {})


def test_json_comes_from_a_variable_a_model_or_a_file(tmp_path):
    from pydantic import BaseModel

    class Answer(BaseModel):
        text: str

    file = tmp_path / "schema.json"
    file.write_text(json.dumps({"type": "object"}))
    names = {"schema": {"type": "array"}, "Answer": Answer}
    assert read_json("schema", names, "--response-format") == {"type": "array"}
    assert read_json("Answer", names, "--response-format")["properties"]["text"]
    assert read_json(str(file), names, "--response-format") == {"type": "object"}


def test_a_file_that_holds_no_json_is_refused(tmp_path):
    file = tmp_path / "schema.json"
    file.write_text("{broken")
    with pytest.raises(UsageError, match=r"--tools: .*schema.json holds no JSON"):
        read_json(str(file), {}, "--tools")


def test_a_variable_is_a_dataset_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = [{"id": "a", "q": "1"}]
    dataset = read_source("cases", {"cases": cases})
    assert (dataset.name, len(dataset)) == ("cases", 1)
    assert read_source("path", {"path": "cases.jsonl"}) == "cases.jsonl"
    assert read_source("other", {"cases": cases}) == "other"
    (tmp_path / "cases").write_text("")
    assert read_source("cases", {"cases": cases}) == "cases"
