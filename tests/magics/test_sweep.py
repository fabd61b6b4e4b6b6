"""``%retrieval_sweep`` in a real shell: refusals, help, completion, and a whole sweep."""

from __future__ import annotations

import pytest

from llmops_magics.magics.completion import _MAGICS, Cursor

WORDS = ("refund", "parcel", "invoice", "password", "warranty", "holiday", "carpet", "engine",
         "garden", "window", "bridge", "pepper")  # fmt: skip
TEXTS = [{"id": word, "text": f"All about the {word}. Nothing else stands here."} for word in WORDS]
ASKED = [{"id": f"q-{word}", "text": f"Where is the {word}?", "relevant": [word]} for word in WORDS]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%retrieval_sweep", "CORPUS is missing"),
        ("%retrieval_sweep docs", "--queries is missing"),
        ("%retrieval_sweep docs --queries asked --k 0", "no list of k"),
        ("%retrieval_sweep docs --queries asked --holdout half", "no share or loss"),
        ("%retrieval_sweep docs --queries asked", "there is no corpus 'docs'"),
        ("%retrieval_sweep --show newest", "there is no sweep 'newest'"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    shell.ip.push({"asked": ASKED})
    assert said in shell.refused(line)


def test_help_and_completion(shell):
    shown = shell.ok("%retrieval_sweep --help").out
    assert "%retrieval_sweep docs --queries queries.jsonl --size 100,200,400" in shown
    complete = _MAGICS["%retrieval_sweep"]
    assert "--holdout" in complete(Cursor(before=["docs"], word="--h"))
    assert complete(Cursor(before=["docs", "--score"], word="nd")) == ["ndcg"]
    assert complete(Cursor(before=["docs", "--retriever"], word="h")) == ["hybrid"]


@pytest.mark.slow
def test_sweep_plan_show_and_the_line_that_builds(shell, embedded_models):
    shell.ip.push({"texts": TEXTS, "asked": ASKED})
    shell.ok("%llm_corpus add docs texts")
    line = "%retrieval_sweep docs --queries asked --chunker semchunk,whole --size 8,16 --k 1,3"
    plan = shell.ok(f"{line} --plan").value
    assert (plan.configurations, len(plan.trials)) == (18, 3)
    sweep = shell.ok(line)
    report = sweep.value
    assert (report.verdict, len(report.rows)) == ("CHOSEN", 18)
    assert report.row(report.best).scores["ndcg"] == 1
    assert report.row(report.cheapest).k == 1
    assert shell.ok("%retrieval_sweep --show newest").value == report
    shell.ok(report.change.line)
    again = shell.ok(line).value
    assert (again.embedded, again.change.line) == (0, "")
    dear = "%retrieval_sweep docs --queries asked --size " + ",".join(map(str, range(5, 105)))
    assert "are 900 configurations, more than 500" in shell.refused(dear)
