"""How it looks when traces were carried in or out, or forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.tracing.retention import TracePrune
    from llmops_magics.workbench.traces import TraceTransfer

_PATH_CHARACTERS = 200


def trace_transfer_html(transfer: TraceTransfer) -> Markup:
    """Show what was read or written."""
    return _shown(_transferred(transfer))


def trace_transfer_text(transfer: TraceTransfer) -> str:
    """Return what was read or written."""
    return _told(_transferred(transfer))


def trace_prune_html(done: TracePrune) -> Markup:
    """Show what was forgotten."""
    return _shown(_pruned(done))


def trace_prune_text(done: TracePrune) -> str:
    """Return what was forgotten."""
    return _told(_pruned(done))


def _shown(parts: list[str]) -> Markup:
    return block.outer(block.heading(element("strong", parts[0])), block.subline(parts[1:]))


def _told(parts: list[str]) -> str:
    return visible(block.DOT.join(part for part in parts if part))


def _transferred(transfer: TraceTransfer) -> list[str]:
    amount = f"{plural(transfer.traces, 'trace')} with {plural(transfer.spans, 'span')}"
    path = abbreviate(transfer.path, _PATH_CHARACTERS)
    if transfer.action == "export":
        return [f"{amount} written", path]
    return [f"{amount} read", f"{plural(transfer.new_spans, 'span')} not there before", path]


def _pruned(done: TracePrune) -> list[str]:
    amount = f"{plural(done.traces, 'trace')} with {plural(done.spans, 'span')}"
    parts = [
        f"{amount} {'would be' if done.dry_run else 'were'} forgotten",
        f"ended before {moment(done.before)}",
    ]
    if done.days:
        parts.append(f"the calls of {plural(done.days, 'day')} were added up")
    if done.held:
        parts.append(f"{_staying(done.held)}: by a legal hold")
    if done.young:
        parts.append(
            f"{_staying(done.young)}: traces are kept for {done.keep_days:g} days at least "
            "([audit] retention)"
        )
    if done.kept:
        parts.append(f"{plural(done.kept, 'old trace')} of eval runs stay")
    return parts


def _staying(traces: int) -> str:
    return f"{plural(traces, 'trace')} {'stays' if traces == 1 else 'stay'}"
