from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.evals.attribution.passage import Passage

PIECES = ["Be kind.", "Be brief.", "Be very brief.", "- a", "- b", "{% if x %}", "{% endif %}", "X"]
prose = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", "\n", "\n\n", "  "])), max_size=7
).map(lambda pairs: "".join(text + gap for text, gap in pairs).rstrip())


def alone(before, after):
    """Each change applied alone."""
    passage = Passage(before, after)
    return [passage.merge(set(group)) for group in passage.groups]


@pytest.mark.parametrize(
    ("before", "after", "each"),
    [
        ("One.", "One. Two. Three.", ["One. Two.", "One. Three."]),
        ("Three.", "One. Two. Three.", ["One. Three.", "Two. Three."]),
        ("One. Two. Three.", "Two.", ["Two. Three.", "One. Two."]),
        ("- a\n- c", "- a\n- b\n- c", ["- a\n- b\n- c"]),
        ("- a", "- a\n- b\n- c", ["- a\n- b", "- a\n- c"]),
        ("One. Two.", "One.\nB.", ["One.\nB."]),
        ("Be brief. Stop.", "Be very brief. Stop!", ["Be very brief. Stop.", "Be brief. Stop!"]),
        ("One.", "One. {% if x %} Two. {% endif %}", ["One. {% if x %} Two. {% endif %}"]),
        ("One. Two.", "{% if x %} One. {% endif %} Two.", ["{% if x %} One. {% endif %} Two."]),
        (
            "One. Mid. Two.",
            "{% if x %} One. Mid. {% endif %} Two.",
            ["{% if x %} One. Mid. Two.", "One. Mid. {% endif %} Two."],
        ),
        ("One.", "One.", []),
    ],
)
def test_each_change_alone(before, after, each):
    assert alone(before, after) == each


@given(prose, prose)
def test_all_changes_are_the_text_after_and_none_the_text_before(before, after):
    passage = Passage(before, after)
    assert passage.merge(set()) == before
    assert passage.merge({number for group in passage.groups for number in group}) == after


def test_what_a_change_shows():
    passage = Passage("Hi. Be brief.", "Hi. Be very brief.")
    assert passage.excerpt(passage.groups[0]) == ("Be brief.", "Be very brief.")
    spaces = Passage("Hi. You.", "Hi.\nYou.")
    assert spaces.excerpt(spaces.groups[0]) == (" You.", "\nYou.")
