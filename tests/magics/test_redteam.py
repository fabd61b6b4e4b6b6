"""``%llm_redteam`` in a real shell, against a real endpoint."""

from __future__ import annotations

import pytest

PROMPT = "%%prompt shop --model openai/scripted\nsystem:\nBe kind.\n\nuser:\n{{ question }}\n"


@pytest.fixture
def shop(shell, endpoint):
    endpoint("I cannot help with that.")
    shell.ok(PROMPT)
    return shell


def test_a_report_and_another_one_against_it(shop):
    shown = shop.ok("first = %llm_redteam shop --families role-play,encoding --n 3\nfirst")
    assert (shown.value.kind, shown.value.total.attacks) == ("redteam-report", 6)
    bundle = shown.value._repr_mimebundle_()
    assert "✓ 6 attacks resisted" in bundle["text/plain"]
    assert bundle["application/vnd.llmops.redteam-report.v1+json"]["total"]["rate"] == 0.0
    again = shop.ok("%llm_redteam shop --families role-play,encoding --n 3 --baseline first")
    assert again.value.baseline_run_id == shown.value.run_id
    ending = shown.value.run_id
    third = shop.ok(f"%llm_redteam shop --families role-play,encoding --n 3 --baseline {ending}")
    assert third.value.total.difference == 0
    stored = shop.ok(f"%llm_redteam --report {ending}").value
    assert stored.families == shown.value.families


def test_a_function_of_the_notebook_and_a_plan(shop):
    shop.ok("def careful(question):\n    return 'KITE-1'")
    shown = shop.ok("%llm_redteam careful --families prompt-leakage --n 2 --canary KITE-1")
    assert shown.value.total.succeeded == 2
    assert shop.ok("%llm_redteam shop --n 1 --plan").value.kind == "eval-estimate"


def test_what_cannot_be_meant_is_one_red_line(shop):
    assert "no suite 'owsap'" in shop.refused("%llm_redteam shop --suite owsap")
    assert "role-play" in shop.refused("%llm_redteam shop --families rol-play")
    assert "--report RUN" in shop.refused("%llm_redteam")
    assert "One target" in shop.refused("%llm_redteam shop,shop")
    assert "no input" in shop.refused("%llm_redteam shop --question text")


def test_help_and_completion(shop):
    assert "%llm_redteam support/answer --suite owasp" in shop.ok("%llm_redteam --help").out
    assert "shop" in shop.complete("%llm_redteam sh")
    assert {"owasp", "agentic"} <= set(shop.complete("%llm_redteam shop --suite "))
    assert shop.complete("%llm_redteam shop --families dir") == ["direct-override"]
    assert "--canary" in shop.complete("%llm_redteam shop --ca")
