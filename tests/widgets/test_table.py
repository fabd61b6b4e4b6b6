"""The live table, asked as its browser part asks."""

from __future__ import annotations

import gzip
import json

import pytest
from view_records import comparison, eval_run, sample

from llmops_magics.widgets.table import CELL_CHARACTERS, ResultTable


@pytest.fixture
def run():
    samples = [
        sample(f"case-{n:02}", value=n % 5 != 0, output=f"answer {n}", tags=("even",) * (1 - n % 2))
        for n in range(45)
    ]
    return eval_run(samples, beside=comparison(regressed=("case-03",), improved=("case-04",)))


@pytest.fixture
def table(run):
    return ResultTable(run, {})


def ask(table, kind, **more):
    reply, _ = table.answer({"kind": kind, "count": 100, **more})
    json.dumps(reply)
    return reply


def cases(table, **query):
    return [row["case"] for row in ask(table, "rows", **query)["rows"]]


def test_opening_tells_the_columns_and_no_row(table):
    opened = ask(table, "open")
    assert opened["total"] == 45
    assert opened["scorers"] == ["contains plain", "similarity"]
    assert (opened["tags"], opened["has_baseline"]) == (["even"], True)


def test_a_window_is_what_was_asked_for(table):
    reply = ask(table, "rows", start=40, order="case")
    assert (reply["total"], reply["start"], len(reply["rows"])) == (45, 40, 5)
    assert reply["rows"][0]["case"] == "case-40"
    assert cases(table, start=999) == []


def test_failing_comes_first_then_what_got_worse(table):
    assert cases(table)[:10] == [*(f"case-{n:02}" for n in range(0, 45, 5)), "case-03"]
    rows = ask(table, "rows")["rows"]
    assert (rows[0]["verdict"], rows[9]["moved"]) == ("✗ fail", "▼ worse")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"text": "ANSWER 44"}, 1),
        ({"text": "because plain"}, 45),
        ({"show": "failing"}, 9),
        ({"show": "failing", "scorer": "contains plain"}, 9),
        ({"show": "failing", "scorer": "similarity"}, 0),
        ({"show": "worse"}, 1),
        ({"show": "better"}, 1),
        ({"tag": "even"}, 23),
        ({"scorer": "none"}, 0),
    ],
)
def test_filters(table, query, count):
    assert ask(table, "rows", **query)["total"] == count


def test_orders_go_both_ways(table):
    assert cases(table, order="case", descending=True)[0] == "case-44"
    assert cases(table, order="score:contains plain")[0] == "case-00"
    assert cases(table, order="score:contains plain", descending=True)[0] == "case-01"
    assert cases(table, order="nonsense") == cases(table)


def test_long_texts_are_cut_in_rows_and_whole_in_the_detail(run):
    long = eval_run([sample(output="word " * 1000)])
    table = ResultTable(long)
    assert len(ask(table, "rows")["rows"][0]["answer"]) <= CELL_CHARACTERS
    assert "word " * 500 in ask(table, "detail", place=0)["html"]


def test_the_detail_stands_beside_the_baselines_answer():
    run = eval_run([sample("c2", output="newer plain")], beside=comparison())
    html = ask(ResultTable(run), "detail", place=0)["html"]
    assert "baseline&#x27;s answer" in html
    assert "<del" in html
    assert "<ins" in html


@pytest.mark.parametrize(
    "content",
    [None, [], {"kind": "rm"}, {"kind": "detail", "place": "x"}, {"kind": "rows", "start": -3}],
)
def test_a_strange_question_harms_nothing(table, content):
    reply, _ = table.answer(content)
    assert "error" in reply or "html" in reply or reply["start"] == 0


def test_selected_is_what_the_filter_shows(table):
    ask(table, "rows", text="answer 44")
    assert list(table.selected["case_id"]) == ["case-44"]


def test_a_variable_is_made_and_made_again_but_no_other_is_replaced(run):
    namespace = {"mine": 1}
    table = ResultTable(run, namespace)
    assert ask(table, "frame", name="selected")["text"] == "selected is a DataFrame of 45 rows"
    ask(table, "rows", show="failing")
    ask(table, "frame", name="selected")
    assert len(namespace["selected"]) == 9
    assert "already" in ask(table, "frame", name="mine")["error"]
    for name in ("not a name", "class", "", "__builtins__"):
        assert "cannot be" in ask(table, "frame", name=name)["error"]


def test_the_file_comes_in_chunks_and_is_the_filters(table, monkeypatch):
    monkeypatch.setattr("llmops_magics.widgets.table.CHUNK_BYTES", 100)
    ask(table, "rows", show="failing")
    content, size = b"", 1
    while len(content) < size:
        reply, (chunk,) = table.answer({"kind": "csv", "start": len(content)})
        content, size = content + chunk, reply["size"]
    lines = gzip.decompress(content).decode("utf-8-sig").splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("case_id,repeat,tags,expected,output,error,input.question plain")


def test_an_empty_run_has_no_rows():
    table = ResultTable(eval_run([]))
    assert ask(table, "rows")["rows"] == []
    assert ask(table, "detail", place=3)["html"] == ""
    assert table.csv()


def test_no_row_is_widget_state(table):
    ask(table, "rows")
    state = {name: value for name, value in table.get_state().items() if name[0] != "_"}
    assert "case-" not in str(state)
    assert len(str(table.get_state())) < 60_000
