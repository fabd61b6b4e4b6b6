from __future__ import annotations

import trace_records as records

import llmops_magics.views  # noqa: F401  (fills the registry of views)
from llmops_magics.record import VIEWS


def html(record):
    return VIEWS[record.kind].html(record)


def text(record):
    return VIEWS[record.kind].text(record)


def test_a_list_names_what_a_reader_looks_for():
    shown = html(records.trace_list())
    for part in ("The first 2 traces of more", "ab12ab12", "01-01 00:00:00", "1.5 s", "$0.01",
                 "1,200 → 34", "✗ timeout", "plain@1", "plain.ipynb"):  # fmt: skip
        assert part in shown


def test_a_list_as_text_is_one_line_a_trace():
    lines = text(records.trace_list()).split("\n")
    assert "looked for these words back to 2030-01-01" in lines[0]
    assert lines[1].strip() == "timeout in 1 trace, plain in 1 trace"
    assert len(lines) == 5
    assert text(records.trace_list(traces=(), more=False, failures={})).startswith("No trace found")


def test_a_trace_shows_messages_tool_calls_passages_scores_and_errors():
    shown = html(records.trace_detail())
    for part in ("input: 1 message", "→ plain(plain)", "retrieved: 1 passage", "0.812",
                 "error plain", "✗ timeout", "query", "result"):  # fmt: skip
        assert part in shown
    assert "<svg" not in shown


def test_a_trace_as_text_has_its_tree_and_what_is_in_it():
    shown = text(records.trace_detail())
    assert "\n  · plain" in shown
    assert "passage plain (0.812): plain" in shown
    assert "error plain: plain" in shown


def test_changes_say_what_was_done():
    _, _, transfer, pruned = records.every_record("plain")
    assert text(transfer) == "1 trace with 3 spans read · 2 spans not there before · plain"
    assert "1 trace with 2 spans would be forgotten" in text(pruned)
    assert "3 old traces of eval runs stay" in text(pruned)
