from __future__ import annotations

from prompt_records import archive, dependents, listing, transfer

from llmops_magics.prompts.listing import PromptList
from llmops_magics.views.block import MAX_ROWS
from llmops_magics.views.listing import (
    prompt_archive_html,
    prompt_archive_text,
    prompt_dependents_html,
    prompt_dependents_text,
    prompt_list_html,
    prompt_list_text,
    prompt_transfer_html,
    prompt_transfer_text,
)


def test_a_list_names_prompts_and_where_labels_point():
    listed = PromptList(prompts=(listing(), listing("old", archived=True)))
    html = prompt_list_html(listed)
    assert html.count('scope="row"') == 2
    assert "plain @12" in html
    assert html.count(">archived<") == 1
    assert "old (archived)" in prompt_list_text(listed)


def test_a_hundred_thousand_prompts_are_counted():
    listed = PromptList(prompts=(listing(),) * 100_000)
    assert prompt_list_html(listed).count('scope="row"') == MAX_ROWS
    assert "and 99,800 more prompts in the record" in prompt_list_html(listed)
    assert "and 99,800 more prompts in the record" in prompt_list_text(listed)


def test_no_prompts_are_no_table():
    assert "<table" not in prompt_list_html(PromptList(prompts=()))
    assert prompt_list_text(PromptList(prompts=())) == "0 prompts"


def test_dependents_say_which_are_behind():
    html = prompt_dependents_html(dependents())
    assert "2 live versions, 1 with an older version of it" in html
    assert html.count("▼ behind @3") == 1
    assert html.count("✓ up to date") == 1
    assert "plain → all" in prompt_dependents_text(dependents())


def test_an_import_says_which_files_made_a_version():
    assert "2 files read, 1 new version" in prompt_transfer_html(transfer())
    assert "what it did" not in prompt_transfer_text(transfer("export"))


def test_an_archived_prompt_names_what_still_includes_it():
    assert "<li>plain</li>" in prompt_archive_html(archive())
    assert "still included by plain" in prompt_archive_text(archive())
    unchanged = prompt_archive_text(archive(changed=False, archived=False))
    assert "restored already: nothing was written" in unchanged
