"""``%retrieval_check`` and ``%retrieval_drift`` in a real shell."""

from __future__ import annotations

import pytest

from llmops_magics.magics.completion import _MAGICS, Cursor


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%retrieval_check", "the following arguments are required: CORPUS, --queries"),
        ("%retrieval_check docs --queries q.jsonl --k 0", "no list of k"),
        ("%retrieval_check docs --queries q.jsonl --k five", "no list of k"),
        ("%retrieval_check docs --queries asked --retriever magic", "no retriever 'magic'"),
        ("%retrieval_check docs --queries asked", "no corpus is called 'docs'"),
        ("%retrieval_drift docs", "there is no retrieval check 'newest' of docs"),
        ("%retrieval_drift", "the following arguments are required: CORPUS"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    shell.ip.push({"asked": [{"id": "q1", "text": "What?", "relevant": ["d1"]}]})
    assert said in shell.refused(line)


@pytest.mark.parametrize("name", ["check", "drift"])
def test_help_has_an_example(shell, name):
    shown = shell.ok(f"%retrieval_{name} --help").out
    assert f"%retrieval_{name} docs --" in shown


def test_completion():
    complete = _MAGICS["%retrieval_check"]
    assert "--baseline" in complete(Cursor(before=["docs"], word="--"))
    assert complete(Cursor(before=["docs", "--retriever"], word="h")) == ["hybrid"]
    assert "--since" in _MAGICS["%retrieval_drift"](Cursor(before=["docs"], word="--"))
