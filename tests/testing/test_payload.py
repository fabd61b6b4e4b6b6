from __future__ import annotations

import json

import pytest

from llmops_magics.testing.payload import error_payload, event_payload, json_payload, raw_payload
from llmops_magics.testing.reply import Reply


def test_events_end_with_done():
    payload = event_payload([{"a": 1}, "é"])
    assert payload.streamed
    assert payload.parts == (b'data: {"a": 1}\n\n', b'data: "\\u00e9"\n\n', b"data: [DONE]\n\n")


def test_raw_body_whole_or_as_one_event():
    assert raw_payload("é", streamed=False).parts == (b"\xc3\xa9",)
    assert raw_payload(b"a\nb", streamed=True).parts == (b"data: a\ndata: b\n\n",)
    assert json_payload([1]).parts == (b"[1]",)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", None),
        (401, "invalid_request_error", "invalid_api_key"),
        (429, "invalid_request_error", "rate_limit_exceeded"),
        (503, "server_error", None),
    ],
)
def test_error_object(status, kind, code):
    error = json.loads(error_payload(Reply(status=status)).parts[0])["error"]
    assert error["message"] == f"Scripted error {status}."
    assert (error["type"], error["code"]) == (kind, code)
