from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.evals.attribution.sentence import depth, split_sentences


def texts(text):
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Be kind. Be brief!  Why? Because.", ["Be kind.", "Be brief!", "Why?", "Because."]),
        ('Say "No." Then stop.', ['Say "No."', "Then stop."]),
        ("Use metres, e.g. 3.5 m. Round up.", ["Use metres, e.g. 3.5 m.", "Round up."]),
        ("Ask Dr. Smith. Wait.", ["Ask Dr. Smith.", "Wait."]),
        ("Rules:\n- one\n- two\n\nEnd", ["Rules:", "- one", "- two", "End"]),
        ("1. First. Then\n2. Second", ["1. First.", "Then", "2. Second"]),
        ("Hi {{ name }}. {{ rest }}", ["Hi {{ name }}.", "{{ rest }}"]),
        ("{{ 'a. B' }} {# c. D #} x", ["{{ 'a. B' }} {# c. D #} x"]),
        ("{% if a\n and b %}Yes. No.{% endif %}", ["{% if a\n and b %}Yes.", "No.{% endif %}"]),
        ("{% if a %}Yes.{% endif %} No.", ["{% if a %}Yes.{% endif %}", "No."]),
        ("親切に。短く。", ["親切に。", "短く。"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_say(text, sentences):
    assert texts(text) == sentences


@given(st.text(alphabet="aB. \n!?-1{}%#'\"。e\t", max_size=60))
def test_the_sentences_are_the_text(text):
    assert "".join(gap + part for gap, part in split_sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("{% if a %}", 1),
        ("{%- endif -%}", -1),
        ("{% for a in b %}x{% else %}y{% endfor %}", 0),
        ("{% set a = 1 %}", 0),
        ("{% set a %}", 1),
        ("no tag", 0),
    ],
)
def test_blocks_that_are_left_open(text, opened):
    assert depth(text) == opened
