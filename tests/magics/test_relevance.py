"""``%retrieval_queries`` and ``%retrieval_label`` in a real shell."""

from __future__ import annotations

import json

import pytest

from llmops_magics.magics.completion import _MAGICS, Cursor

TEXT = "The refund is settled on day three by the office. " * 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%retrieval_queries", "the following arguments are required: CORPUS"),
        ("%retrieval_queries docs --n 0", "whole number"),
        ("%retrieval_queries docs --seed x", "no whole number"),
        ("%retrieval_queries docs", "no corpus is called 'docs'"),
        ("%retrieval_label docs", "the following arguments are required: --queries"),
        ("%retrieval_label docs --queries asked", "no corpus is called 'docs'"),
        ("%retrieval_label docs --queries asked --retriever magic", "no retriever 'magic'"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    shell.ip.push({"asked": [{"id": "q1", "text": "What?"}]})
    assert said in shell.refused(line)


@pytest.mark.parametrize("name", ["queries", "label"])
def test_help_has_an_example(shell, name):
    assert f"%retrieval_{name} docs --" in shell.ok(f"%retrieval_{name} --help").out


def test_completion():
    assert "--max-cost" in _MAGICS["%retrieval_queries"](Cursor(before=["docs"], word="--"))
    complete = _MAGICS["%retrieval_label"]
    assert complete(Cursor(before=["docs", "--retriever"], word="h")) == ["hybrid"]
    assert "--read" in complete(Cursor(before=["docs"], word="--"))


def test_a_corpus_gets_queries_and_labels(shell, endpoint):
    reply = {"question": "How is money given back?", "quote": TEXT[:49]}
    endpoint(json.dumps(reply))
    shell.ip.push(
        {"rows": [{"id": "a", "text": f"{TEXT[:49]} {'Nothing else stands here. ' * 9}"}]}
    )
    shell.ok("%llm_corpus add docs rows")
    shell.ok("%llm_corpus add drafts rows")  # has no index, so there is nothing to search
    shell.ok("%llm_index build docs --chunker whole --embedding openai/vectors")
    for magic in ("retrieval_queries", "retrieval_check", "llm_search"):
        assert shell.complete(f"%{magic} d") == ["docs"]
    planned = shell.ok("%retrieval_queries docs --n 1 --model openai/writer --plan").value
    assert planned.kind == "eval-estimate"
    shown = shell.ok("%retrieval_queries docs --n 1 --model openai/writer")
    assert "1 call" in shown.out  # the plan, before the first request
    assert (shown.value.written, shown.value.dataset) == (1, "docs-synthetic@1")
    labelling = shell.ok("%retrieval_label docs --queries docs-synthetic --k 1").value
    assert (labelling.pooled, labelling.own) == (1, 0)
    from llmops_magics.record import VIEWS

    assert "--write" in VIEWS[labelling.kind].text(labelling)
