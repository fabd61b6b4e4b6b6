from __future__ import annotations

import pytest

from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import FAILURES, failure_of

CHAT = {semconv.OPERATION: "chat"}
ERRORS = {
    "ModelTimeoutError": "timeout",
    "TimeoutError": "timeout",
    "openai.APITimeoutError": "timeout",
    "RateLimitError": "rate_limit",
    "openai.RateLimitError": "rate_limit",
    "ContentFilterFinishReasonError": "content_filter",
    "BadResponseError": "malformed_output",
    "json.JSONDecodeError": "malformed_output",
    "ValueError": "other_error",
    "": "other_error",
}


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_classed_by_its_type(kind):
    assert failure_of("error", {**CHAT, semconv.ERROR_TYPE: kind}) == ERRORS[kind]


def test_a_type_that_says_nothing_leaves_it_to_the_message():
    attributes = {semconv.ERROR_TYPE: "APIError", semconv.ERROR_MESSAGE: "status 429: slow down"}
    assert failure_of("error", attributes) == "rate_limit"


@pytest.mark.parametrize(
    ("reason", "failure"),
    [("length", "truncated"), ("content_filter", "content_filter"), ("refusal", "refusal")],
)
def test_an_answer_is_classed_by_its_finish_reason(reason, failure):
    assert failure_of("ok", {**CHAT, semconv.FINISH_REASONS: [reason]}) == failure
    assert failure_of("ok", {**CHAT, semconv.FINISH_REASONS: reason}) == failure
    assert failure_of("ok", {semconv.FINISH_REASONS: [reason]}) is None


def test_a_tool_that_raises_is_a_tool_error_whatever_it_raised():
    attributes = {semconv.OPERATION: "execute_tool", semconv.ERROR_TYPE: "TimeoutError"}
    assert failure_of("error", attributes) == "tool_error"


@pytest.mark.parametrize(
    ("attributes", "failure"),
    [
        ({semconv.RETRIEVED: 0}, "empty_retrieval"),
        ({semconv.RETRIEVED: 3}, None),
        ({semconv.RETRIEVAL_DOCUMENTS: "[]"}, "empty_retrieval"),
        ({semconv.RETRIEVAL_DOCUMENTS: '[{"id": "a"}]'}, None),
        ({semconv.RETRIEVAL_DOCUMENTS: "{broken"}, None),
        ({}, None),
    ],
)
def test_a_retrieval_fails_when_it_says_that_it_found_nothing(attributes, failure):
    assert failure_of("ok", {semconv.OPERATION: "retrieval", **attributes}) == failure


def test_what_went_well_has_no_class():
    assert failure_of("ok", {**CHAT, semconv.FINISH_REASONS: ["stop"]}) is None
    assert failure_of("ok", {}) is None
    assert len(set(FAILURES)) == 9
