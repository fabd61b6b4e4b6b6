"""Jinja's tags are found as the lazy pattern found them, in linear time."""

from __future__ import annotations

import time

import pytest

from llmops_magics.prompts.jinja_tag import jinja_tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("no { tag }", []),
        ("a {{ b }} c {% d %}{# e #}", ["{{ b }}", "{% d %}", "{# e #}"]),
        ("{{ open {% if a %}", ["{% if a %}"]),
        ("{{{ a }}}", ["{{{ a }}"]),
        ("{{ '{%' }} %}", ["{{ '{%' }}"]),
    ],
)
def test_a_tag_ends_at_the_first_closing_of_its_kind(text, tags):
    assert [text[start:end] for start, end in jinja_tags(text)] == tags


@pytest.mark.parametrize("unit", ["{", "{{ ", "{% a ", "{#{%{{"])
def test_openings_that_nothing_closes_are_passed_in_linear_time(unit):
    began = time.process_time()
    assert not list(jinja_tags(unit * 200_000))
    assert time.process_time() - began < 2
