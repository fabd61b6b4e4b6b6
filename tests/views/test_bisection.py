from __future__ import annotations

from prompt_records import bisect

from llmops_magics.views.bisection import prompt_bisect_html, prompt_bisect_text


def test_the_culprit_comes_first():
    html = prompt_bisect_html(bisect())
    assert html.index("✗ plain@9") < html.index("plain lowered it") < html.index("<table")
    assert html.count(">culprit<") == 1
    assert prompt_bisect_text(bisect()).startswith("✗ plain@9\n  plain lowered it\n")


def test_noise_that_hides_which_is_not_a_verdict():
    assert "? one of plain @8, @9" in prompt_bisect_html(bisect(culprits=(8, 9)))
    assert "no difference beyond noise" in prompt_bisect_html(bisect(culprits=()))


def test_probes_stay_in_their_order_and_say_where_they_come_from():
    lines = prompt_bisect_text(bisect()).split("\n")
    assert [line.split()[0] for line in lines[-3:]] == ["@3", "@9", "@7"]
    assert lines[-3].endswith("stored run")
    assert lines[-2].endswith("new run")
    assert "? plain" in lines[-1]
