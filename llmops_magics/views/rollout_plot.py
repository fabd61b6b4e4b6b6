"""The plot of a rollout: for each guardrail, how the interval of the harm closed in over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import plot
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.views.plot import Plot, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_magics.release.rollout.controller import GuardTest
    from llmops_magics.release.rollout.record import RolloutReport

_MOST = 4  # guardrails with a plot of their own
_Seen = list[tuple[str, "GuardTest"]]


def plots(report: RolloutReport) -> Iterator[Plot]:
    """Yield a plot a guardrail, of the looks at which there was something to say."""
    looks = [*reversed(report.looks), *([report.now] if report.now else [])]
    guards = list(dict.fromkeys(test.guard for look in looks for test in look.tests))
    for guard in guards[:_MOST]:
        seen = [
            (look.at, test)
            for look in looks
            for test in look.tests
            if test.guard == guard and test.harm is not None
        ]
        if len(seen) > 1:
            yield guard_plot(guard, sorted(seen, key=lambda each: each[1].candidate_n))


def guard_plot(guard: str, seen: _Seen) -> Plot:
    """Draw harm with its always-valid interval over the candidate's requests, and the margin."""
    _, last = seen[-1]
    words = visible(
        f"{guard}: harm over {plural(len(seen), 'look')} from {moment(seen[0][0])} to "
        f"{moment(seen[-1][0])}. At the last, the candidate is worse by {last.harm:.4g}, "
        f"always-valid interval {last.low:.4g} to {last.high:.4g}; the margin is {last.margin:.4g}."
    )

    def paint(axes: Any) -> None:
        n = [test.candidate_n for _, test in seen]
        low, high = ([getattr(test, end) for _, test in seen] for end in ("low", "high"))
        axes.fill_between(n, low, high, color=plot.BLUE, alpha=0.15, linewidth=0,
                          label="always-valid interval")  # fmt: skip
        axes.plot(n, [test.harm for _, test in seen], color=plot.BLUE, linewidth=1.8, marker="o",
                  markersize=3, label="worse by")  # fmt: skip
        axes.axhline(last.margin, color=plot.RED, linewidth=1.2, linestyle=(0, (4, 2)),
                     label="margin")  # fmt: skip
        axes.axhline(0, color=plot.SOFT, linewidth=0.8)
        reach = max(abs(last.low or 0), abs(last.high or 0), 2 * (last.margin or 0))
        axes.set_ylim(-2.5 * reach, 2.5 * reach)
        axes.set_xlabel("requests of the candidate", fontsize=8, color=plot.SOFT)
        axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=3, labelcolor=plot.INK)

    return draw(visible(abbreviate(guard, 60)), words, paint)
