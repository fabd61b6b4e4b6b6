"""How retention looks: what is kept by class, what may go, and what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, moment, number, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.audit.retention import ClassRetention, Hold, RetentionReport

_NAME = 120
_REASON = 300
_KINDS = ("class", "kept at least", "there are", "oldest", "may go", "held")


def retention_report_html(report: RetentionReport) -> Markup:
    """Show a row a class, then the holds, then what was deleted."""
    heads = [block.head(_KINDS[0]), *(block.number_head(name) for name in _KINDS[1:])]
    return block.outer(
        block.heading(element("strong", _title(report))),
        block.subline([moment(report.at), f"{plural(report.events, 'event')}, never cut"]),
        block.table("By class", heads, map(_row, report.classes)),
        _holds(report.holds),
        _deleted(report),
    )


def retention_report_text(report: RetentionReport) -> str:
    """Return a line a class and a hold."""
    rows = [_cells(each) for each in report.classes]
    lines = columns(_KINDS, rows, numbers=(1, 2, 4, 5), noun="class") if rows else []
    lines += [f"  held: {_hold_words(each)}" for each in report.holds[: block.MAX_ROWS]]
    gone = [f"  deleted: {block.names(report.deleted, 20)}"] if report.deleted else []
    return visible("\n".join([_title(report), *lines, *gone]))


def legal_hold_html(hold: Hold) -> Markup:
    """Show one hold."""
    return block.outer(
        block.heading(
            element("strong", abbreviate(hold.resource, _NAME)),
            block.badge("hold ended" if hold.ended else "legal hold", style.AMBER),
        ),
        block.subline([hold.actor, moment(hold.since), f"event {hold.seq}"]),
        block.prose(f"“{abbreviate(hold.reason, _REASON)}”"),
    )


def legal_hold_text(hold: Hold) -> str:
    """Say one hold in a line."""
    return visible(f"{'hold ended' if hold.ended else 'legal hold'}: {_hold_words(hold)}")


def class_retention_html(kept: ClassRetention) -> Markup:
    """Show one class."""
    heads = [block.head(_KINDS[0]), *(block.number_head(name) for name in _KINDS[1:])]
    return block.outer(block.table("Retention", heads, [_row(kept)]))


def class_retention_text(kept: ClassRetention) -> str:
    """Say one class in a line."""
    words = (f"{name} {said}" for name, said in zip(_KINDS[1:], _cells(kept)[1:], strict=True))
    return visible(f"{abbreviate(kept.name, _NAME)}: {', '.join(words)}")


def _title(report: RetentionReport) -> str:
    if report.deleted:
        return f"{plural(len(report.deleted), 'record')} deleted, each with its tombstone"
    free = sum(len(each.expired) for each in report.classes)
    return f"Retention: {plural(free, 'record')} may go, {plural(len(report.holds), 'legal hold')}"


def _cells(kept: ClassRetention) -> tuple[str, ...]:
    return (
        kept.name,
        f"{number(kept.keep_days)} days",
        count(kept.total),
        moment(kept.oldest)[:10] or NOTHING,
        count(len(kept.expired)),
        count(kept.held),
    )


def _row(kept: ClassRetention) -> Markup:
    name, *rest = _cells(kept)
    return block.row(block.row_head(abbreviate(name, _NAME)), *map(block.number_cell, rest))


def _holds(holds: tuple[Hold, ...]) -> Markup | None:
    if not holds:
        return None
    heads = [block.head(name) for name in ("held", "why", "by", "since", "event")]
    rows = [
        block.row(
            block.row_head(abbreviate(each.resource, _NAME)),
            block.cell(abbreviate(each.reason, _REASON)),
            block.cell(abbreviate(each.actor, _NAME)),
            element("td", moment(each.since), style=style.TIME),
            block.number_cell(count(each.seq)),
        )
        for each in holds[: block.MAX_ROWS]
    ]
    return block.table("Legal holds: nothing of these may go", heads, rows)


def _deleted(report: RetentionReport) -> Markup | None:
    if not report.deleted:
        return None
    return element("div", element("strong", "Deleted: "), block.names(report.deleted, 100))


def _hold_words(hold: Hold) -> str:
    return block.DOT.join(
        [
            abbreviate(hold.resource, _NAME),
            f"“{abbreviate(hold.reason, _REASON)}”",
            hold.actor,
            moment(hold.since),
            f"event {hold.seq}",
        ]
    )
