"""How the findings in a gold notebook look: errors first, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.lint.record import GateLint, LintFinding

_WORDS = {"error": ("✗ error", style.RED), "warning": ("! warning", style.AMBER)}
_NAME_CHARACTERS = 80


def gate_lint_html(lint: GateLint) -> Markup:
    """Show a row a finding."""
    heads = [
        block.marked_head("rule"),
        block.head("severity"),
        block.number_head("cell"),
        block.number_head("line"),
        block.head("what"),
    ]
    shown = lint.findings[: block.MAX_ROWS]
    colour = style.RED if lint.errors else style.AMBER if lint.findings else style.GREEN
    return block.outer(
        block.heading(
            block.badge(_title(lint), colour),
            element("strong", abbreviate(lint.notebook, _NAME_CHARACTERS)),
        ),
        block.subline([plural(lint.cells, "cell"), "nothing was executed"]),
        block.table("Errors first", heads, map(_row, shown), wide=True) if shown else None,
        block.more(len(lint.findings) - len(shown), "finding"),
    )


def gate_lint_text(lint: GateLint) -> str:
    """Return a line a finding."""
    lines = [f"{lint.notebook}: {_title(lint)}"]
    rows = [
        (_WORDS[f.severity][0], f.rule, count(f.cell), count(f.line), f.message)
        for f in lint.findings
    ]
    if rows:
        heads = ("severity", "rule", "cell", "line", "what")
        lines += columns(heads, rows, numbers=(2, 3), fixed=(0, 1), noun="finding")
    return visible("\n".join(lines))


def _title(lint: GateLint) -> str:
    if not lint.findings:
        return "✓ nothing found"
    warnings = len(lint.findings) - lint.errors
    parts = [plural(lint.errors, "error")] if lint.errors else []
    return ", ".join([*parts, *([plural(warnings, "warning")] if warnings else [])])


def _row(finding: LintFinding) -> Markup:
    words, colour = _WORDS[finding.severity]
    return block.row(
        element("th", finding.rule, scope="row", style=style.first_cell(colour)),
        block.cell(block.badge(words, colour)),
        block.number_cell(_place(finding.cell)),
        block.number_cell(_place(finding.line)),
        block.cell(element("div", finding.message, dir="auto")),
    )


def _place(number: int | None) -> str:
    return NOTHING if number is None else str(number)
