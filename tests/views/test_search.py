from __future__ import annotations

from prompt_records import hit

from llmops_magics.prompts.listing import PromptSearch
from llmops_magics.views.search import prompt_search_html, prompt_search_text


def test_the_match_is_marked_as_it_is_written():
    search = PromptSearch(text="refund", hits=(hit("Never promise a Refund."),))
    assert ">Refund</strong>." in prompt_search_html(search)
    assert "promise a »Refund«." in prompt_search_text(search)


def test_a_match_far_into_a_long_line_is_still_seen():
    search = PromptSearch(text="refund", hits=(hit("x " * 5000 + "refund" + " y" * 5000),))
    html = prompt_search_html(search)
    assert ">refund</strong>" in html
    assert "…x x" in html
    assert len(html) < 3000


def test_a_pattern_is_only_text():
    search = PromptSearch(text=".*", hits=(hit("all .* of it"),))
    assert ">.*</strong>" in prompt_search_html(search)


def test_no_hits_are_said():
    assert prompt_search_text(PromptSearch(text="x", hits=())) == "“x”: not found in any prompt"


def test_hits_beyond_the_limit_are_counted():
    search = PromptSearch(text="a", hits=(hit("a"),) * 1000)
    assert "and 800 more hits in the record" in prompt_search_html(search)
    assert "and 800 more hits in the record" in prompt_search_text(search)
