from __future__ import annotations

import json

import pytest
from trace_spans import call, span

from llmops_magics.errors import UsageError
from llmops_magics.tracing.otlp import read_otlp, write_otlp

MESSAGES = '[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]'
SPANS = (
    span(1, name="root", at_s=1, ms=900, a=True, b=1.5, c=["x", "y"], d={"e": 1}),
    call(2, parent=1, at_s=1.5, ms=100, attributes={"gen_ai.input.messages": MESSAGES}),
    span(3, parent=1, status="error", **{"llmops.error.message": "no", "error.type": "E"}),
)
FOREIGN = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "5B8EFFF798038103D269B633813FC60C",
                            "spanId": "7uGbfsPBsXM=",
                            "parentSpanId": "",
                            "name": "chat",
                            "startTimeUnixNano": "1544712660000000000",
                            "endTimeUnixNano": 1544712661500000000,
                            "attributes": [
                                {"key": "gen_ai.system", "value": {"stringValue": "openai"}},
                                {"key": "gen_ai.usage.prompt_tokens", "value": {"intValue": "7"}},
                                {"key": "empty", "value": {}},
                            ],
                            "events": [
                                {
                                    "name": "gen_ai.client.inference.operation.details",
                                    "attributes": [
                                        {
                                            "key": "gen_ai.input.messages",
                                            "value": {"stringValue": MESSAGES},
                                        }
                                    ],
                                },
                                {
                                    "name": "exception",
                                    "attributes": [
                                        {
                                            "key": "exception.type",
                                            "value": {"stringValue": "TimeoutError"},
                                        }
                                    ],
                                },
                            ],
                            "status": {"code": "STATUS_CODE_ERROR", "message": "late"},
                        }
                    ]
                }
            ],
        }
    ]
}


def test_what_is_written_is_read_as_it_was():
    read = tuple(read_otlp(json.dumps(write_otlp(SPANS))))
    shared = {"service.name": "llmops_magics"}
    assert [s.attributes for s in read] == [{**shared, **s.attributes} for s in SPANS]
    kept = ("trace_id", "span_id", "parent_id", "name", "started_ns", "duration_ms", "status")
    for name in kept:
        assert [getattr(s, name) for s in read] == [getattr(s, name) for s in SPANS]


def test_it_comes_whole_in_a_list_or_by_lines():
    one = json.dumps(write_otlp(SPANS))
    for text in (
        one,
        f"[{one}, {one}]",
        f"{one}\n\n{one}\n",
        json.dumps(json.loads(one), indent=1),
    ):
        assert {s.span_id for s in read_otlp(text)} == {s.span_id for s in SPANS}
    assert list(read_otlp(" \n")) == []


def test_what_others_write_is_taken_under_the_names_of_the_conventions():
    (read,) = read_otlp(json.dumps(FOREIGN))
    assert (read.trace_id, read.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b173")
    assert (read.parent_id, read.duration_ms, read.status) == (None, 1500.0, "error")
    assert read.attributes == {
        "service.name": "shop",
        "empty": None,
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.input.messages": MESSAGES,
        "error.type": "TimeoutError",
        "llmops.error.message": "",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"traceId": "xyz"}, {"spanId": None}, {"startTimeUnixNano": "-5"},
        {"startTimeUnixNano": "1" * 40}, {"endTimeUnixNano": "soon"}, {"attributes": 3},
        {"attributes": [{"value": {}}]}, {"attributes": [{"key": "a", "value": {"intValue": "x"}}]},
    ],
)  # fmt: skip
def test_a_span_that_is_none_is_refused_by_name(change):
    request = json.loads(json.dumps(FOREIGN))
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= change
    with pytest.raises(UsageError, match="none of OTLP"):
        list(read_otlp(json.dumps(request)))


@pytest.mark.parametrize("text", ["{", "[]x", '{"a": 1}', "3", '{"resourceSpans": 3}', "[" * 10**5])
def test_what_is_no_otlp_is_refused(text):
    with pytest.raises(UsageError):
        list(read_otlp(text))


def test_a_span_that_never_ended_lasts_no_time():
    request = json.loads(json.dumps(FOREIGN))
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= {"endTimeUnixNano": "0"}
    (read,) = read_otlp(json.dumps(request))
    assert read.duration_ms == 0
