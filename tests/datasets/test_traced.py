import pytest

from llmops_magics.datasets.traced import cases_from_spans, cut_cases
from llmops_magics.errors import DatasetError
from llmops_magics.tracing import content, semconv
from llmops_magics.tracing.trace import Span

ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is my order?"},
]


def span(messages=ASKED, output="It is on its way.", **attributes):
    answer = [{"role": "assistant", "content": output}]
    return Span(
        trace_id="ab" * 16,
        span_id="cd" * 8,
        parent_id=None,
        name="chat",
        started_ns=0,
        duration_ms=1.0,
        status="ok",
        attributes={
            semconv.INPUT_MESSAGES: content.messages_attribute(messages),
            semconv.OUTPUT_MESSAGES: content.messages_attribute(answer),
            semconv.PROMPT_REF: "support@1",
            **attributes,
        },
    )


def test_the_question_is_an_input_and_nothing_is_expected():
    (case,) = cases_from_spans([span()], column="question")
    assert case.id == "trace-abababababab-cdcdcdcd"
    assert (case.inputs, case.expected) == ({"question": "Where is my order?"}, None)
    assert case.metadata["output"] == "It is on its way."
    assert case.metadata["messages"] == [{"role": "system", "content": "Be brief."}]
    assert case.metadata["prompt"] == "support@1"


def test_the_answer_may_be_what_was_said():
    (case,) = cases_from_spans([span()], column="q", expected="@output")
    assert case.expected == "It is on its way."
    assert cases_from_spans([span()], column="q", expected="soon")[0].expected == "soon"


def test_a_text_that_the_trace_has_cut_is_told():
    long = span([{"role": "user", "content": "x" * 1_000_000}])
    made = cases_from_spans([long, span(output="")], column="q")
    assert cut_cases(made) == [made[0].id]


@pytest.mark.parametrize("stored", [None, "{", "[1]", '[{"role": "user", "parts": 7}]', "{}"])
def test_what_others_traced_in_another_form_has_no_text(stored):
    with pytest.raises(DatasetError, match="No model call of that trace has the text"):
        cases_from_spans([span(**{semconv.INPUT_MESSAGES: stored})], column="q")
