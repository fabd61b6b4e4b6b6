from __future__ import annotations

from dataclasses import replace

import llmops_magics.views  # noqa: F401
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.release.rollout.controller import GuardTest
from llmops_magics.release.rollout.record import (
    ArmTotals,
    RolloutLook,
    RolloutReport,
    RolloutWatch,
    ShadowReport,
)
from llmops_magics.views.format import NOTHING
from llmops_magics.views.rollout import look_line
from llmops_magics.views.rollout_plot import plots

TEST = GuardTest(
    guard="error_rate non_inferior 0.01", metric="error_rate", stable=0.05, candidate=0.052,
    stable_n=4_750, candidate_n=250, margin=0.04, exposure=0.25, alpha=0.05, harm=0.002,
    low=-0.041, high=0.045, p=1.0,
)  # fmt: skip
LOOK = RolloutLook(
    rollout_id="r1", environment="production", prompt="support/answer", generation=3, step=0,
    steps=3, share=0.05, decision="hold", reason="held 5 min of 30 min",
    arms=(
        ArmTotals(step=0, arm="stable", requests=4_750, spend_usd=9.5),
        ArmTotals(step=0, arm="candidate", requests=250, spend_usd=0.5),
    ),
    tests=(TEST,), at="2026-11-24T10:00:00.000000Z",
)  # fmt: skip
SHADOW = ShadowReport(
    environment="production", prompt="support/answer", rollout_id="r1", stable="support/answer@1",
    candidate="support/answer@2", pairs=40, failures=2, equal=19, similarity=0.81,
    stable_characters=120.0, candidate_characters=90.0, stable_latency_ms=800.0,
    candidate_latency_ms=650.0, stable_cost_usd=0.002, candidate_cost_usd=None,
    scores=(("length", 1.0, 0.9, 38),), errors=(("EndpointError", 2),),
    least_similar=({"stable_trace": "a1", "candidate_trace": "b1", "similarity": 0.1},),
    skipped=(("too many waited", 3),),
)  # fmt: skip


def _looks(n: int) -> tuple[RolloutLook, ...]:
    """Looks of a rollout, the newest first, whose interval closes in."""
    made = []
    for i in range(1, n + 1):
        reach = 0.2 / i**0.5
        test = replace(TEST, candidate_n=50 * i, low=0.002 - reach, high=0.002 + reach)
        at = f"2026-11-24T10:{i:02}:00.000000Z"
        made.append(replace(LOOK, tests=(test,), at=at))
    return tuple(reversed(made))


REPORT = RolloutReport(
    environment="production", prompt="support/answer", rollout_id="r1", state="rolling", step=0,
    share=0.05, stable="support/answer@1", candidate="support/answer@2",
    plan=RolloutPlan(
        steps=(5.0, 25.0, 100.0), guards=(TEST.guard,), kill=("spend_usd <= 50",)
    ).to_dict(),
    now=LOOK, looks=_looks(30), total_looks=45, watcher="host:1:ab", shadow=SHADOW,
)  # fmt: skip


def test_a_look_is_a_line():
    assert look_line(LOOK).endswith(
        "support/answer@production: … hold at 5 % · held 5 min of 30 min"
    )
    failed = replace(LOOK, decision="advance", outcome="not done: frozen")
    assert "▲ advance (not done: frozen)" in look_line(failed)


def test_a_look_shows_guardrails_in_their_units():
    html, text = LOOK._repr_mimebundle_()["text/html"], str(LOOK)
    for words in ("5.0%", "5.2%", "n 4,750", "4.0%"):
        assert words in html
    assert "? undecided" in text
    slow = replace(TEST, metric="latency_ms", stable=812.4, high=3.0, margin=50.0)
    assert "812 ms" in str(replace(LOOK, tests=(slow,)))
    assert "✓ below the margin" in str(replace(LOOK, tests=(slow,)))


def test_harm_is_said_and_not_only_coloured():
    harm = replace(TEST, p=0.001)
    assert "✗ harm" in str(replace(LOOK, decision="rollback", tests=(harm,)))


def test_a_report_has_a_plot_whose_words_say_the_same():
    now = replace(LOOK, tests=(replace(TEST, candidate_n=1_600),))
    (drawn,) = plots(replace(REPORT, now=now))
    assert drawn.png.startswith(b"\x89PNG")
    assert len(drawn.png) < 40_000
    assert "always-valid interval -0.041 to 0.045; the margin is 0.04" in drawn.words
    html = REPORT._repr_mimebundle_()["text/html"]
    assert "data:image/png" in html
    assert "and 25 more looks" in html


def test_a_report_says_plan_watcher_and_shadow():
    text = str(REPORT)
    for words in (
        "5 % → 25 % → 100 %", "spend_usd <= 50", "watched by host:1:ab", "nobody was shown them",
    ):  # fmt: skip
        assert words in text
    bare = replace(REPORT, plan={}, now=None, looks=(), watcher="", shadow=None)
    assert "nobody watches" in str(bare)


def test_a_shadow_report_says_what_is_unknown_and_what_was_not_asked():
    text = str(SHADOW)
    assert "19 equal (50.0%)" in text
    assert f"cost: $0.00200 / {NOTHING}" in text
    assert "not asked: too many waited 3" in text


def test_a_watch_says_who_else_watches():
    assert "host:2 watches" in str(RolloutWatch(looks=(), rounds=1, changes=0, holder="host:2"))
    watch = RolloutWatch(looks=(LOOK,), rounds=3, changes=0, problems=("it is away",))
    assert "1 rollout, 3 rounds of looks, 0 changes" in str(watch)
    assert "failed: it is away" in str(watch)
    assert (watch.exit_code, replace(watch, problems=()).exit_code) == (2, 0)


def test_markup_in_data_is_text():
    evil = replace(LOOK, reason="<img src=x onerror=alert(1)>", prompt="<b>x</b>")
    html = evil._repr_mimebundle_()["text/html"]
    assert "<img" not in html
    assert "<b>" not in html


def test_without_a_candidate_the_shadow_says_so():
    empty = replace(SHADOW, candidate="", pairs=0, least_similar=())
    assert str(empty).startswith("No candidate is in the shadow of ")
