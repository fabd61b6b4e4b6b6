from __future__ import annotations

import json
import re

from view_records import prompt_diff

from llmops_magics.prompts.version import Change, PromptDiff
from llmops_magics.views.block import MAX_ROWS
from llmops_magics.views.prompt_diff import prompt_diff_html, prompt_diff_text


def diff(*changes):
    return PromptDiff(
        before="a@1",
        after="a@2",
        changes=tuple(Change(field=f, before=b, after=a) for f, b, a in changes),
    )


def test_no_changes_means_the_same_content():
    same = diff()
    assert "no changes: the same content" in prompt_diff_html(same)
    assert prompt_diff_text(same) == "a@1 → a@2 · no changes: the same content"


def test_the_text_is_a_unified_difference():
    shown = prompt_diff_text(prompt_diff())
    assert "-be brief\n" in shown
    assert "+be kind\n" in shown
    assert "settings.temperature: 0 → 0.7" in shown


def test_a_message_stands_side_by_side_with_a_unified_view_folded():
    html = prompt_diff_html(diff(("system", "be brief please", "be kind please")))
    assert html.count("<table") == 1
    assert "<del " in html
    assert html.count("<details><summary") == 1
    assert "line by line" in html


def test_settings_and_variables_are_rows_before_and_after():
    html = prompt_diff_html(diff(("model", "a", "b"), ("settings.seed", "", "7")))
    assert html.count('scope="row"') == 2
    assert 'title="not there"' in html
    assert "line by line" not in html


def test_a_short_schema_is_a_row_and_a_long_one_is_lines():
    short = [json.dumps({"type": "string", "maxLength": n}, indent=2) for n in (1, 2)]
    assert "line by line" not in prompt_diff_html(diff(("inputs.q", *short)))
    long = [json.dumps({f"key {n}": n for n in range(k)}) for k in (20, 21)]
    html = prompt_diff_html(diff(("response_format", *long)))
    assert "2 lines added, 1 removed" in html


def test_a_message_that_one_side_lacks_is_added_or_removed():
    html = prompt_diff_html(diff(("user", "", "new <b>"), ("system", "old", "")))
    assert "+ added" in html
    assert "\N{MINUS SIGN} removed" in html
    assert "new &lt;b&gt;" in html


def test_many_changes_are_counted():
    many = diff(*((f"inputs.v{n}", "1", "2") for n in range(100_000)))
    html, text = prompt_diff_html(many), prompt_diff_text(many)
    assert html.count('scope="row"') == MAX_ROWS
    assert "and 99,800 more changes in the record" in html
    assert "and 99,800 more changes in the record" in text


def test_the_same_change_is_the_same_html():
    once, again = (prompt_diff_html(prompt_diff()) for _ in range(2))
    assert once == again
    assert not re.search(r"<(svg|style|img|script)", once)
