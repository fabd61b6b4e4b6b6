from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.views.markup import Markup, abbreviate, cut, element, join, text, visible


def test_text_is_escaped_and_markup_is_not_escaped_twice():
    inner = element("b", "1 < 2 & 3")
    assert element("td", inner, " >") == "<td><b>1 &lt; 2 &amp; 3</b> &gt;</td>"


def test_an_attribute_cannot_be_left():
    assert element("div", title='"><script>') == '<div title="&quot;&gt;&lt;script&gt;"></div>'


@pytest.mark.parametrize("tag", ["script", "style", "img", "a", "iframe"])
def test_an_unsafe_tag_cannot_be_written(tag):
    with pytest.raises(UsageError, match=tag):
        element(tag, "x")


@pytest.mark.parametrize("name", ["onclick", "href", "src", "data"])
def test_an_unsafe_attribute_cannot_be_written(name):
    with pytest.raises(UsageError, match=name):
        element("div", **{name: "x"})


def test_markup_added_to_a_string_is_a_string_again():
    mixed = Markup("<b>") + "<i>"
    assert not isinstance(mixed, Markup)
    assert text(mixed) == "&lt;b&gt;&lt;i&gt;"


def test_hidden_characters_are_shown_by_name():
    assert visible("\x1b[0m\x00\x7f\u202e\ud83d") == "␛[0m␀␡<U+202E><U+D83D>"
    assert "&lt;U+202E&gt;" in text("\u202e")


def test_line_breaks_tabs_and_emoji_stay():
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert visible(f"a\r\n\tb {family}") == f"a\n\tb {family}"
    assert visible("pass\u200dword") == "pass<U+200D>word"


def test_what_is_cut_is_counted():
    assert cut("abcdef", 4) == "abcd… and 2 more characters in the record"
    assert cut("abcd", 4) == "abcd"


def test_abbreviate_keeps_one_line():
    assert abbreviate("a\n  b", 10) == "a b"
    assert abbreviate("abcdefgh", 4) == "abc…"


def test_join_escapes_its_parts_and_its_separator():
    assert join(["<", element("b", "x")], " & ") == "&lt; &amp; <b>x</b>"
