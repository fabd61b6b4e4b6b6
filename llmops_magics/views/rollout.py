"""How rollouts look: one look, a watch, a report with its plot, and shadow answers compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import NOTHING, count, duration, moment, number, plural, share
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.release.rollout.controller import GuardTest
    from llmops_magics.release.rollout.record import (
        ArmTotals,
        RolloutLook,
        RolloutReport,
        RolloutWatch,
    )

_MARKS = {
    "advance": ("▲ advance", style.GREEN),
    "complete": ("✓ complete", style.GREEN),
    "hold": ("… hold", style.AMBER),
    "rollback": ("✗ roll back", style.RED),
    "kill": ("✗ kill", style.RED),
}
_REASON = 400
_SHOWN = 20
_NO_GUARD = "No guardrail is set: nothing but kill limits and the hold time decides."


def look_line(look: RolloutLook) -> str:
    """Say a look in a line: when, where, at what share, what was decided, and why."""
    done = f" ({look.outcome})" if look.outcome and look.outcome != "done" else ""
    return visible(
        f"{moment(look.at)}  {look.ref}: {_words(look)}{done} at {_share(look.share)}"
        f"{block.DOT}{abbreviate(look.reason, _REASON)}"
    )


def rollout_look_html(look: RolloutLook) -> Markup:
    """Show what was decided, each guardrail with its interval, and both arms by step."""
    return block.outer(
        block.heading(element("strong", look.ref, dir="auto"), _badge(look)),
        block.subline([f"at {_share(look.share)} of requests", moment(look.at), look.outcome]),
        block.prose(look.reason, _REASON * 2),
        _tests(look.tests),
        _arms(look.arms),
    )


def rollout_look_text(look: RolloutLook) -> str:
    """Return the decision, a line a guardrail and a line an arm and step."""
    return visible("\n".join([look_line(look), *_test_lines(look.tests), *_arm_lines(look.arms)]))


def rollout_watch_html(watch: RolloutWatch) -> Markup:
    """Show the last look at each rollout."""
    rows = [_look_row(look) for look in watch.looks]
    return block.outer(
        block.heading(element("strong", _watch_title(watch))),
        block.table("The last look at each", _look_heads(), rows) if rows else None,
        block.bullets(watch.problems) if watch.problems else None,
    )


def rollout_watch_text(watch: RolloutWatch) -> str:
    """Return a line a rollout."""
    lines = [_watch_title(watch), *(f"  {look_line(look)}" for look in watch.looks)]
    return visible("\n".join([*lines, *(f"  failed: {p}" for p in watch.problems)]))


def rollout_report_html(report: RolloutReport) -> Markup:
    """Show plan and state, what is seen now, how that came to be as a plot, and the looks."""
    from llmops_magics.views.rollout_plot import plots
    from llmops_magics.views.shadow import shadow_part

    shown = report.looks[:_SHOWN]
    now = report.now
    return block.outer(
        block.heading(
            element("strong", f"{report.prompt}@{report.environment}", dir="auto"),
            block.badge(report.state, _state_colour(report)),
            _badge(now) if now else "",
        ),
        block.subline([_versions(report), f"at {_share(report.share)}", _watched(report)]),
        element("div", "Now: ", abbreviate(now.reason, _REASON), dir="auto") if now else None,
        _tests(now.tests) if now else None,
        *(each.html for each in plots(report)),
        _arms(now.arms) if now else None,
        block.facts("The plan", _plan(report)),
        block.table("The looks, the newest first", _look_heads(), map(_look_row, shown))
        if shown
        else None,
        block.more(report.total_looks - len(shown), "look"),
        shadow_part(report.shadow) if report.shadow else None,
    )


def rollout_report_text(report: RolloutReport) -> str:
    """Return state, plan, what is seen now, and the newest looks."""
    from llmops_magics.views.shadow import shadow_report_text

    title = f"{report.prompt}@{report.environment}: {report.state}{block.DOT}{_versions(report)}"
    lines = [f"{title}{block.DOT}at {_share(report.share)}{block.DOT}{_watched(report)}"]
    if report.now:
        lines += [f"  now: {_words(report.now)}{block.DOT}{report.now.reason}"]
        lines += [*_test_lines(report.now.tests), *_arm_lines(report.now.arms)]
    lines += [f"  {name}: {value}" for name, value in _plan(report).items() if value]
    lines += [f"  {look_line(look)}" for look in report.looks[:_SHOWN]]
    if report.shadow:
        lines.append(shadow_report_text(report.shadow))
    return visible("\n".join(lines))


def _words(look: RolloutLook) -> str:
    return _MARKS.get(look.decision, (look.decision, ""))[0]


def _badge(look: RolloutLook) -> Markup:
    words, colour = _MARKS.get(look.decision, (look.decision, style.GREY))
    return block.badge(words, colour)


def _state_colour(report: RolloutReport) -> str:
    return {"rolling": style.GREEN, "serving": style.GREY}.get(report.state, style.AMBER)


def _share(part: float) -> str:
    return f"{part * 100:g} %"


def _versions(report: RolloutReport) -> str:
    return f"{report.candidate} against {report.stable}" if report.candidate else report.stable


def _watched(report: RolloutReport) -> str:
    return f"watched by {report.watcher}" if report.watcher else "nobody watches"


def _watch_title(watch: RolloutWatch) -> str:
    if watch.holder:
        return f"Nothing done: {watch.holder} watches."
    end = ", stopped" if watch.was_interrupted else ""
    rollouts, rounds = plural(len(watch.looks), "rollout"), plural(watch.rounds, "round")
    return f"{rollouts}, {rounds} of looks, {plural(watch.changes, 'change')}{end}"


def _plan(report: RolloutReport) -> dict[str, str]:
    plan = report.plan
    if not plan:
        return {}
    return {
        "steps": " → ".join(f"{step:g} %" for step in plan["steps"]),
        "each at least": f"{duration(plan['hold_s'] * 1000)}, "
        f"{plural(plan['min_requests'], 'request')} of the candidate",
        "guardrails": "; ".join(plan["guards"]) or _NO_GUARD,
        "kill limits": "; ".join(plan["kill"]),
        "alpha": f"{plan['alpha']:g}, shared by the guardrails",
        "holdback": f"{plan['holdback']:g} %" if plan["holdback"] else "",
    }


def _tests(tests: Sequence[GuardTest]) -> Markup:
    if not tests:
        return Markup()
    heads = [
        block.marked_head("guardrail"), block.number_head("stable"),
        block.number_head("candidate"), block.number_head("worse by"),
        block.number_head("always-valid interval"), block.number_head("margin at this step"),
        block.number_head("p (harm)"), block.head("says"),
    ]  # fmt: skip
    return block.table("Guardrails, over the whole rollout", heads, map(_test_row, tests))


def _test_row(test: GuardTest) -> Markup:
    words, colour = _says(test)
    return block.row(
        element("th", test.guard, scope="row", dir="auto", style=style.first_cell(colour)),
        *(block.number_cell(cell) for cell in _test_cells(test)),
        block.cell(block.badge(words, colour)),
    )


def _test_cells(test: GuardTest) -> list[str]:
    interval = NOTHING
    if test.low is not None and test.high is not None:
        interval = f"{_value(test, test.low)} to {_value(test, test.high)}"
    return [
        f"{_value(test, test.stable)} (n {count(test.stable_n)})",
        f"{_value(test, test.candidate)} (n {count(test.candidate_n)})",
        _value(test, test.harm),
        interval,
        _value(test, test.margin),
        NOTHING if test.p is None else f"{test.p:.2g}",
    ]


def _says(test: GuardTest) -> tuple[str, str]:
    if test.is_harm:
        return "✗ harm", style.RED
    if test.is_safe:
        return "✓ below the margin", style.GREEN
    return "? undecided", style.AMBER


def _value(test: GuardTest, value: float | None) -> str:
    if value is None:
        return NOTHING
    if test.metric == "latency_ms":
        return f"{value:,.0f} ms"
    if test.metric == "cost_usd":
        return f"${value:.5f}"
    is_rate = test.metric.endswith("_rate") or test.metric.startswith(("latency_over", "feedback"))
    return share(value) if is_rate else number(value)


def _test_lines(tests: Sequence[GuardTest]) -> list[str]:
    return [line for test in tests for line in _test_line(test)]


def _test_line(test: GuardTest) -> tuple[str, str]:
    stable, candidate, harm, interval, margin, p = _test_cells(test)
    return (
        f"  {test.guard}: {_says(test)[0]}{block.DOT}candidate {candidate} against {stable}",
        f"    worse by {harm}, always-valid {interval}, margin {margin}, p {p}",
    )


def _arms(arms: Sequence[ArmTotals]) -> Markup:
    if not arms:
        return Markup()
    heads = [block.head("step"), block.head("version"), block.number_head("requests"),
             block.number_head("cost")]  # fmt: skip
    rows = [
        block.row(
            block.cell(str(arm.step + 1)), block.cell(arm.arm),
            block.number_cell(count(arm.requests)), block.number_cell(f"${arm.spend_usd:,.4f}"),
        )
        for arm in arms
    ]  # fmt: skip
    return block.table("Both versions, by step", heads, rows)


def _arm_lines(arms: Sequence[ArmTotals]) -> list[str]:
    return [
        f"  step {arm.step + 1}, {arm.arm}: {plural(arm.requests, 'request')}, "
        f"${arm.spend_usd:,.4f}"
        for arm in arms
    ]


def _look_heads() -> list[Markup]:
    return [block.marked_head("decision"), block.head("where"), block.number_head("share"),
            block.head("why"), block.head("when")]  # fmt: skip


def _look_row(look: RolloutLook) -> Markup:
    words, colour = _MARKS.get(look.decision, (look.decision, style.GREY))
    why = look.reason
    if look.outcome not in ("", "done"):
        why = f"{look.outcome}{block.DOT}{why}"
    return block.row(
        element("th", block.badge(words, colour), scope="row", style=style.first_cell(colour)),
        block.cell(element("span", look.ref, dir="auto")),
        block.number_cell(_share(look.share)),
        block.cell(block.folded(why)),
        element("td", moment(look.at), style=style.TIME),
    )
