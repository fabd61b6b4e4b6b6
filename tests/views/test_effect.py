from __future__ import annotations

import re

from prompt_records import effect

from llmops_magics.views.effect import effect_cells, effect_text, scale


def bar(one, largest):
    return effect_text(one, largest)[2]


def test_the_scale_is_the_farthest_end():
    assert scale([effect(), effect(0.3, 0.1, 0.5)]) == 0.5
    assert scale([effect(None, None, None)]) == 1.0
    assert scale([effect(float("nan"), float("-inf"), 0.2)]) == 0.2


def test_a_bar_of_text_stands_around_zero():
    assert bar(effect(-0.5, -1.0, 0.0), 1.0) == "[├──●──┤······]"
    assert bar(effect(0.0, -1.0, 1.0), 1.0) == "[├─────●─────┤]"
    assert bar(effect(0.75, 0.5, 1.0), 1.0) == "[······│··├●─┤]"
    assert bar(effect(None, None, None), 1.0) == ""


def test_a_bar_spans_the_interval():
    html = "".join(effect_cells(effect(-0.5, -1.0, 0.0), 1.0))
    assert "margin-left:0.0%;width:50.0%" in html
    assert "margin-left:50.0%;width:3px" in html


def test_every_verdict_is_a_word():
    words = {"better": "▲ better", "worse": "▼ worse", "not measured": "? not measured"}
    for verdict, shown in words.items():
        assert shown in "".join(effect_cells(effect(verdict=verdict), 1.0))
    assert "within noise" in "".join(effect_cells(effect(verdict="within noise"), 1.0))


def test_a_value_that_is_no_number_is_no_bar():
    html = "".join(effect_cells(effect(float("nan"), float("nan"), float("nan")), 1.0))
    assert not re.search("nan%|inf%", html)
