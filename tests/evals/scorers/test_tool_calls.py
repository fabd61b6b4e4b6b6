from __future__ import annotations

import json

import pytest

from llmops_magics.evals.scorers.tool_call import ToolCall, pair, read_calls


def call(name, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": "c1", "type": "function", "function": function}


SEARCH, BOOK = call("search", q="Rome", n=2), call("book", id=7)
WANTED = [
    {"name": "search", "arguments": {"q": "Rome", "n": 2.0}},
    {"name": "book", "arguments": {"id": 7}},
]


def said(judge_all, spec, made, wanted=WANTED, **more):
    return judge_all(spec, "", wanted, tool_calls=tuple(made), **more)


@pytest.mark.parametrize(
    ("made", "exact", "unordered", "subset"),
    [
        ([SEARCH, BOOK], True, True, True),
        ([BOOK, SEARCH], False, True, True),
        ([SEARCH, SEARCH, BOOK], False, False, True),
        ([SEARCH], False, False, False),
        ([], False, False, False),
        ([call("search", q="Rome", n="2"), BOOK], False, False, False),
    ],
)
def test_modes(judge_all, made, exact, unordered, subset):
    for mode, value in (("exact", exact), ("unordered", unordered), ("subset", subset)):
        assert said(judge_all, f"tool_calls(mode={mode})", made)["tool_calls"] is value


def test_precision_and_recall(judge_all):
    scores = said(judge_all, "tool_calls", [SEARCH, call("x"), call("y")])
    assert scores["tool_calls.precision"] == pytest.approx(1 / 3)
    assert scores["tool_calls.recall"] == 0.5
    assert said(judge_all, "tool_calls", [])["tool_calls.precision"] is None


def test_arguments(judge_all):
    part, other = [{"name": "search", "arguments": {"q": "Rome"}}], [call("search", q="Oslo")]
    for how, value in (("exact", False), ("subset", True), ("ignore", True)):
        spec = f"tool_calls(arguments={how})"
        assert said(judge_all, spec, [SEARCH], part)["tool_calls"] is value
    assert said(judge_all, "tool_calls(arguments=subset)", other, part)["tool_calls"] is False
    assert said(judge_all, "tool_calls", other, ["search"])["tool_calls"] is True  # a mere name


def test_an_empty_list_expects_no_call(judge_all, judge):
    none = {"metadata": {"tool_calls": []}}
    assert judge("tool_calls", tool_calls=(), **none).value is True
    score = judge("tool_calls", tool_calls=(SEARCH,), **none)
    assert score.value is False
    assert score.reason.startswith("not expected: search(")
    assert judge("tool_calls", tool_calls=(SEARCH,)).applicable is False


def test_where_expected_calls_may_stand(judge):
    for given in ({"tool_calls": ["book"]}, '{"tool_calls": ["book"]}', '["book"]', ["book"]):
        assert judge("tool_calls", "", given, tool_calls=(BOOK,)).value is True
    assert judge("tool_calls", "", "an answer", tool_calls=(BOOK,)).applicable is False


@pytest.mark.parametrize("wanted", [[3], [{"arguments": {}}], 5, [None]])
def test_expected_calls_that_are_none_are_missing(judge, wanted):
    assert judge("tool_calls", metadata={"tool_calls": wanted}).value is None


def test_what_a_model_writes_may_be_broken(judge):
    broken = {"function": {"name": "book", "arguments": '{"id": 7'}}
    assert judge("tool_calls", "", [WANTED[1]], tool_calls=(broken,)).value is False
    assert judge("tool_calls", "", ["book"], tool_calls=({"type": "function"},)).value is False
    deep = {"function": {"name": "book", "arguments": "[" * 50_000}}
    assert judge("tool_calls", "", [WANTED[1]], tool_calls=(deep,)).value is False


def test_a_call_is_not_lost_to_the_wrong_partner():
    # the first made call fits both wanted ones, the second only the first
    made, wanted = read_calls(["both", "one"]), read_calls(["a", "b"])
    fitting = {("both", "a"), ("both", "b"), ("one", "a")}
    assert pair(made, wanted, lambda m, w: (m.name, w.name) in fitting) == {0: 1, 1: 0}


def test_the_forms_of_a_call():
    same = ToolCall(name="f", arguments={"a": 1})
    forms = [
        {"name": "f", "arguments": {"a": 1}},
        {"name": "f", "args": {"a": 1}},
        {"function": "f", "arguments": {"a": 1}},
        call("f", a=1),
    ]
    assert read_calls(forms) == [same] * 4
    assert read_calls({"name": "f", "arguments": ""}) == [ToolCall(name="f", arguments={})]
