from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from llmops_magics.datasets.case import Case
from llmops_magics.evals.run import Score
from llmops_magics.evals.sample import answered, masked, output_of, unanswered
from llmops_magics.models.chat import ChatResponse, Usage

EMAIL = "ada.lovelace@example.com"
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}


def response(text="hi", **changes):
    values = {
        "model": "m", "finish_reason": "stop", "usage": Usage(input_tokens=3, output_tokens=2),
        "response_id": "r", "latency_ms": 5.0, "endpoint": "e", "cost_usd": "0.01",
    }  # fmt: skip
    return ChatResponse(text=text, **{**values, **changes})


def test_an_answer_fills_in_the_sample_of_its_case():
    empty = unanswered(Case(id="a", inputs={"q": 1}, expected=2, tags=("t",)), 3)
    sample = answered(empty, response(), (Score(scorer="s", value=True),))
    assert (sample.case_id, sample.repeat, sample.tags) == ("a", 3, ("t",))
    assert (sample.output, sample.latency_ms, sample.cost_usd) == ("hi", 5.0, Decimal("0.01"))
    assert (sample.input_tokens, sample.output_tokens) == (3, 2)


def test_unknown_usage_and_price_stay_unknown():
    empty = unanswered(Case(id="a", inputs={}), 0)
    sample = answered(empty, response(usage=None, cost_usd=None), ())
    assert (sample.input_tokens, sample.output_tokens, sample.cost_usd) == (None, None, None)


def test_an_answer_that_only_calls_tools_is_its_calls():
    assert output_of(response("", tool_calls=(CALL,))) == (
        '[{"function":{"arguments":"{\\"a\\": 1}","name":"f"},"id":"1","type":"function"}]'
    )
    assert output_of(response("text", tool_calls=(CALL,))) == "text"
    assert output_of(response("")) == ""


def test_everything_written_down_is_masked():
    empty = unanswered(Case(id="a", inputs={"q": EMAIL}, expected=[EMAIL]), 0)
    score = Score(scorer="s", value=EMAIL, reason=EMAIL)
    assert EMAIL not in str(masked(answered(empty, response(f"to {EMAIL}"), (score,))))


def test_the_key_that_a_scorer_gave_is_masked_too():
    empty = unanswered(Case(id="a", inputs={}, expected=None), 0)
    scores = (Score(scorer=f"found.{EMAIL}", value=1.0), Score(scorer="s.key", value=2.0))
    named = [score.scorer for score in masked(answered(empty, response(), scores)).scores]
    assert named == ["found.[email]", "s.key"]


def test_a_reason_repeats_no_part_of_what_is_masked():
    reason = "not in the context: write, jane, doe, example, karl"
    score = Score(scorer="s", value=False, reason=reason)
    case = Case(id="a", inputs={"q": "Who?"})
    sample = replace(
        unanswered(case, 0), output="Write to jane.doe@example.com or Karl.", scores=(score,)
    )
    found = masked(sample)
    assert found.output == "Write to [email] or Karl."
    assert found.scores[0].reason == (
        "not in the context: write, [masked], [masked], [masked], karl"
    )
