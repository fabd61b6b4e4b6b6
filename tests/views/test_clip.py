"""Where a view ends that would be too long: at whole rows, closed, with a note."""

from __future__ import annotations

from llmops_magics.views import block
from llmops_magics.views.clip import MAX_HTML_BYTES, MAX_TEXT_BYTES, bounded_html, bounded_text
from llmops_magics.views.markup import element, first_part


def rows(count, text):
    return block.outer(block.table("t", [], [block.row(block.cell(text)) for _ in range(count)]))


def test_what_is_short_is_as_it_was():
    view = rows(3, "x")
    assert bounded_html(view) is view
    assert bounded_text("x") == "x"


def test_a_long_view_ends_after_a_whole_row_and_says_so():
    for text in ("a < b & c", "é" * 9):
        view = rows(20_000, text)
        part = bounded_html(view)
        assert MAX_HTML_BYTES * 0.9 < len(part.encode()) < MAX_HTML_BYTES + 500
        assert part.count("<tr") == part.count("</tr>") < 20_000
        assert part.endswith("</tr></tbody></table></div></div></div>")
        assert "Shown is the beginning, 1.0 MB of " in part
        assert "<code>.to_dict()</code>" in part


def test_no_tag_is_parted_wherever_the_limit_falls():
    view = element("div", element("div", "a > b", title="<x>"), element("ul", element("li", "c")))
    for limit in range(len(view) + 1):
        part = first_part(view, limit)
        assert part.count("<div") == part.count("</div>")
        assert len(part) <= len(view)
    assert first_part(view, len(view)) == view


def test_long_text_ends_after_a_whole_line_and_says_so():
    part = bounded_text("one line\n" * 100_000)
    assert len(part) < MAX_TEXT_BYTES + 200
    assert part.splitlines()[-2:] == [
        "one line",
        "Shown is the beginning, 0.2 MB of 0.9 MB; .to_dict() of this result has all of it.",
    ]
