"""``%retrieval_causes`` in a real shell."""

from __future__ import annotations

import pytest

from llmops_magics.magics.completion import _MAGICS, Cursor


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%retrieval_causes", "the following arguments are required: RUN"),
        ("%retrieval_causes newest", "no eval run"),
        ("%retrieval_causes newest --deep", "unrecognized arguments: --deep"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    assert said in shell.refused(line)


def test_an_eval_shows_causes_and_the_magic_all_of_them(shell):
    shell.ok("def answer(question): return 'Hello!'")
    rows = [{"id": "a", "question": "How much?", "expected": "3.2 litres", "context": "3.2 litres",
             "retrieved": ["tank"], "relevant": ["tank"]}]  # fmt: skip
    shell.ip.push({"rows": rows})
    shell.ok("run = %llm_eval answer --data rows --scorers contains")
    run = shell.ip.user_ns["run"]
    assert "Why cases failed" in run._repr_mimebundle_()["text/html"]
    assert "0 failed in retrieval, 1 in the model: 1 retrieved but unused" in str(run)
    shell.ok("causes = %retrieval_causes run")
    assert shell.ip.user_ns["causes"] == run.causes
    shell.ok("again = %retrieval_causes newest --again")
    assert shell.ip.user_ns["again"].counts == run.causes.counts


def test_help_and_completion(shell):
    assert "%retrieval_causes newest" in shell.ok("%retrieval_causes --help").out
    assert "--again" in _MAGICS["%retrieval_causes"](Cursor(before=["newest"], word="--"))
