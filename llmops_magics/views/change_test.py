"""How the tests of a prompt look: the verdict first, then each test with its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.rule import rule_line, rule_table

if TYPE_CHECKING:
    from llmops_magics.release.gate.change_test import ChangeTestOutcome, ChangeTestReport

_SHORT_CHARACTERS = 80


def change_test_html(report: ChangeTestReport) -> Markup:
    """Show what all tests say, and each rule of each."""
    colour = block.verdict_colour(report.verdict)
    return block.outer(
        element(
            "div",
            element("div", block.verdict_words(report.verdict), style=style.BANNER_TITLE),
            element("div", _reason(report), dir="auto"),
            element(
                "div", f"{report.ref}{block.DOT}{short_digest(report.digest)}", style=style.SMALL
            ),
            style=style.banner(colour),
        ),
        *(_outcome(outcome) for outcome in report.outcomes[: block.MAX_ROWS]),
        block.more(len(report.outcomes) - block.MAX_ROWS, "test"),
    )


def change_test_text(report: ChangeTestReport) -> str:
    """Return the verdict, and one line a rule."""
    lines = [f"{report.verdict!s}: {report.ref}{block.DOT}{_reason(report)}"]
    for outcome in report.outcomes[: block.MAX_ROWS]:
        lines.append(f"  {outcome.verdict!s}  {block.DOT.join(_subject(outcome))}")
        lines += [f"    {rule_line(rule)}" for rule in outcome.rules[: block.MAX_ROWS]]
    rest = len(report.outcomes) - block.MAX_ROWS
    lines += [f"  and {plural(rest, 'more test')} in the record"] if rest > 0 else []
    return visible("\n".join(lines))


def _outcome(outcome: ChangeTestOutcome) -> Markup:
    data = abbreviate(outcome.data, _SHORT_CHARACTERS)
    badge = block.badge(block.verdict_words(outcome.verdict), block.verdict_colour(outcome.verdict))
    small = element("span", block.DOT.join(_subject(outcome)[1:]), style=style.SMALL)
    rules = outcome.rules[: block.MAX_ROWS]
    return element(
        "div",
        element(
            "div", join([element("strong", data), badge, small], " "), style=style.PART_HEADING
        ),
        rule_table(f"Rules on {data}", rules),
        block.more(len(outcome.rules) - len(rules), "rule"),
        style=style.SECTION,
    )


def _subject(outcome: ChangeTestOutcome) -> list[str]:
    run = f"{'stored run' if outcome.reused else 'run'} {outcome.run_id}"
    return [
        abbreviate(outcome.data, _SHORT_CHARACTERS),
        abbreviate(outcome.model, _SHORT_CHARACTERS) or "the prompt's own model",
        abbreviate(run, _SHORT_CHARACTERS),
    ]


def _reason(report: ChangeTestReport) -> str:
    total = plural(len(report.outcomes), "test")
    passed = sum(str(outcome.verdict) == "PASS" for outcome in report.outcomes)
    return f"{passed:,} of {total} passed"
