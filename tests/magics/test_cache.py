"""``%llm_cache`` in a real shell."""

from __future__ import annotations

import pytest

MODEL = "openai/gpt-4.1-mini"


def test_status_clear_prune(capital):
    capital.ok(f"%llm_eval geo/capital --data cases --scorers contains --model {MODEL} --yes")
    status = capital.ok("%llm_cache").value
    assert [(each.model, each.answers) for each in status.models] == [(MODEL, 2)]
    assert capital.ok("%llm_cache prune --older-than 1h").value.removed == 0
    cleared = capital.ok(f"%llm_cache clear --model {MODEL} --yes").value
    assert (cleared.removed, cleared.left, cleared.model) == (2, 0, MODEL)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("clear", "0 stored answers would be deleted"),
        ("prune --older-than soon", "no age"),
        ("measure-semantic nothing.jsonl", "there is no file"),
        ("empty", "there is no operation 'empty'"),
    ],
)
def test_a_bad_line_is_one_red_line(shell, line, said):
    assert said in shell.refused(f"%llm_cache {line}")


def test_help_has_an_example(shell):
    assert "%llm_cache status" in shell.run("%llm_cache --help").out
    assert "%llm_cache prune --older-than 30d" in shell.run("%llm_cache prune --help").out
