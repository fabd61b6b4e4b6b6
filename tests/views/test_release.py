"""How environments look, as text and as HTML."""

from __future__ import annotations

from dataclasses import replace

import pytest
import release_records

from llmops_magics.views.release import (
    environments_html,
    environments_text,
    release_history_html,
    release_history_text,
    release_status_html,
    release_status_text,
)

PLACE = "support/answer@production"


def test_a_rollout_says_who_gets_what_and_where_it_stands():
    text = release_status_text(release_records.status("rolling", asked=PLACE, changed=True))
    assert f"{PLACE}: rolling (changed now)" in text
    assert "stable 95 % version 1 on openai/gpt-4.1-mini, candidate 5 % version 2" in text
    assert "step: 1 % → [5 %] → 100 %" in text
    assert "guards: error_rate non_inferior 0.01" in text
    assert "aimed at: plan = beta: candidate" in text


@pytest.mark.parametrize("state", ["serving", "rolling", "paused", "shadow", "holdback"])
def test_every_state_is_said_in_words_and_nothing_is_run(state):
    html = release_status_html(release_records.status(state, asked=PLACE))
    assert state in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_holdback_is_an_arm_of_its_own():
    text = release_status_text(release_records.status("holdback", asked=PLACE))
    assert "stable 90 % version 1" in text
    assert "held back 10 %" in text


def test_several_prompts_are_a_row_each_under_the_freeze():
    status = release_records.status(
        "serving", "rolling", freezes=(release_records.FREEZE,), asked="production"
    )
    text = release_status_text(status).splitlines()
    assert text[:2] == [
        "2 prompts served in production",
        "production is frozen by ann: Black <b>Friday</b>",
    ]
    assert "5 % version 2" in text[-1]
    assert "Black &lt;b&gt;" in release_status_html(status)


def test_nothing_released_says_how_to():
    assert "llmops release promote" in release_status_text(release_records.status())
    said = release_status_text(release_records.status(asked=PLACE))
    assert said == f"{PLACE} serves nothing yet."


def test_a_history_is_a_line_a_change():
    text = release_history_text(release_records.history()).splitlines()
    assert text[0] == f"{PLACE}: 7 changes"
    assert [line.split()[:2] for line in text[2:]] == [["7", "step"], ["6", "step"]]
    assert "and 5 more changes" in release_history_html(release_records.history())


def test_environments_say_what_they_ask_for():
    text = environments_text(release_records.environments())
    assert "dev: 0 prompts\n  needs nothing" in text
    assert "production, after staging: 3 prompts, 1 rollout under way, label live" in text
    assert "gate release_gate, 2 approvers, not the author, calibrated judges" in text
    assert "frozen" in environments_html(release_records.environments())


def test_a_history_without_changes_names_its_place():
    empty = replace(release_records.history(), changes=(), total=0)
    for shown in (release_history_text(empty), release_history_html(empty)):
        assert "Nothing was ever released to support/answer@production" in shown
