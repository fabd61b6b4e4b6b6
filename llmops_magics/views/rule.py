"""How rules and what came of them look, in a gate or in a prompt's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import count, interval, number
from llmops_magics.views.markup import Markup, element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.release.gate.result import RuleResult


def rule_table(caption: str, rules: Sequence[RuleResult]) -> Markup:
    """Show one row a rule: verdict, what was observed, and why."""
    heads = [
        block.marked_head("rule"),
        block.head("verdict"),
        block.number_head("observed"),
        block.number_head("95% interval"),
        block.number_head("cases"),
        block.head("reason"),
    ]
    return block.table(caption, heads, [_row(rule) for rule in rules], wide=True)


def rule_line(rule: RuleResult) -> str:
    """Say a rule, what was observed, and why in a line of text."""
    observed = f"{block.DOT}observed {number(rule.observed)}" if rule.observed is not None else ""
    return f"{rule.verdict!s}  {rule.rule}{observed}{block.DOT}{rule.reason}"


def _row(rule: RuleResult) -> Markup:
    colour = block.verdict_colour(rule.verdict)
    return block.row(
        element("th", block.folded(rule.rule), scope="row", style=style.first_cell(colour)),
        block.cell(block.badge(block.verdict_words(rule.verdict), colour)),
        block.number_cell(number(rule.observed)),
        block.number_cell(interval(rule.low, rule.high, is_proportion=False)),
        block.number_cell(count(rule.n)),
        block.cell(element("div", rule.reason, dir="auto")),
    )
