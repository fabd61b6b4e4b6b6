from __future__ import annotations

import time

from view_records import prompt_diff, prompt_version

from llmops_magics.prompts.version import PromptDiff
from llmops_magics.views.difference import word_difference
from llmops_magics.views.prompt import (
    prompt_diff_html,
    prompt_diff_text,
    prompt_version_html,
    prompt_version_text,
)


def test_a_version_says_whether_it_is_new():
    assert "new version" in prompt_version_html(prompt_version())
    assert "unchanged" in prompt_version_html(prompt_version(is_new=False, diff=None))
    assert prompt_version_text(prompt_version()).startswith("answerplain@2 [plain] · new version")


def test_variables_are_emphasised_in_the_template():
    assert "font-weight:600;border-radius" in prompt_version_html(prompt_version(diff=None))


def test_no_changes_means_the_same_content():
    same = PromptDiff(before="a@1", after="a@2", changes=())
    assert "no changes: the same content" in prompt_diff_html(same)


def test_words_that_went_and_came_are_marked():
    html = word_difference("be brief please", "be kind please")
    assert html.index(">brief </del>") < html.index(">kind </ins>")


def test_the_text_is_a_unified_difference():
    assert "-be brief\n" in prompt_diff_text(prompt_diff())
    assert "+be kind\n" in prompt_diff_text(prompt_diff())


def test_a_hostile_length_does_not_stall():
    begun = time.perf_counter()
    word_difference("a b " * 20_000, "b a " * 20_000)
    assert time.perf_counter() - begun < 5
