"""How the audit trail looks as a whole: its verification, and what was signed and written of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.format import count, moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.audit.checkpoint import Checkpoint
    from llmops_magics.audit.erasure import Erasure
    from llmops_magics.audit.export import AuditExport
    from llmops_magics.audit.verification import AuditReport

_TEXT = 300


def audit_report_html(report: AuditReport) -> Markup:
    """Say whether the trail is as it was written, and against what that was held."""
    colour = style.RED if report.problems else style.GREEN
    word = "✗ BROKEN" if report.problems else "✓ ok"
    return block.outer(
        element(
            "div",
            element("div", f"{word}: the audit trail", style=style.BANNER_TITLE),
            element("div", _report_words(report)),
            style=style.banner(colour),
        ),
        _listed("What is not as it was written", report.problems),
        _listed("What to know", report.warnings),
        block.facts("The chain", {"head": report.head}),
        block.hint(_outside(report)),
    )


def audit_report_text(report: AuditReport) -> str:
    """Return the result in a line, then what is wrong."""
    state = "BROKEN" if report.problems else "ok"
    lines = [f"{state}: {_report_words(report)}, head {report.head}"]
    lines += [f"  {abbreviate(problem, 1_000)}" for problem in report.problems[: block.MAX_ROWS]]
    lines += [f"  note: {abbreviate(each, 1_000)}" for each in report.warnings[: block.MAX_ROWS]]
    return visible("\n".join(lines))


def audit_checkpoint_html(made: Checkpoint) -> Markup:
    """Show what was signed, by whom, and where else it is."""
    return block.outer(
        block.heading(element("strong", f"Head of event {made.seq:,} signed")),
        block.subline([made.actor, moment(made.at)]),
        block.facts("Signed head", _checkpoint_facts(made)),
        block.hint(_published(made)),
    )


def audit_checkpoint_text(made: Checkpoint) -> str:
    """Return what was signed in a few lines."""
    lines = [f"head of event {made.seq} signed{block.DOT}{made.actor}{block.DOT}{moment(made.at)}"]
    facts = _checkpoint_facts(made)
    lines += [f"  {name}: {block.plain(said)}" for name, said in facts.items() if said]
    return visible("\n".join([*lines, f"  {_published(made).replace('`', '')}"]))


def audit_export_html(made: AuditExport) -> Markup:
    """Say what was written where, and how it is verified."""
    return block.outer(
        block.heading(element("strong", _export_title(made))),
        block.facts("Written", _export_facts(made)),
        block.hint(_verified_by(made)),
    )


def audit_export_text(made: AuditExport) -> str:
    """Say what was written where, and how it is verified."""
    facts = [f"  {name}: {block.plain(said)}" for name, said in _export_facts(made).items() if said]
    hint = [f"  {_verified_by(made).replace('`', '')}"] if _verified_by(made) else []
    return visible("\n".join([_export_title(made), *facts, *hint]))


def audit_erasure_html(made: Erasure) -> Markup:
    """Say whose values nobody can read any more."""
    return block.outer(
        block.heading(element("strong", made.subject), block.badge("erased", style.AMBER)),
        block.subline([moment(made.erased_at), f"event {made.seq}"]),
        block.prose(f"“{abbreviate(made.reason, _TEXT)}”"),
        block.hint(
            "What was sealed of this person cannot be read again; the chain holds as before."
        ),
    )


def audit_erasure_text(made: Erasure) -> str:
    """Say whose values nobody can read any more."""
    parts = [f"{made.subject} erased", moment(made.erased_at), f"event {made.seq}"]
    return visible(f"{block.DOT.join(parts)}\n  “{abbreviate(made.reason, _TEXT)}”")


def _report_words(report: AuditReport) -> str:
    heads = plural(report.heads, "signed head")
    return f"{plural(report.events, 'event')}, {plural(report.archives, 'archive')}, {heads}"


def _outside(report: AuditReport) -> str:
    if report.heads:
        return "Heads count against the owner of this store only where others have a copy."
    return "No signed head vouches for it: `llmops audit checkpoint --git` makes one."


def _listed(title: str, items: Sequence[str]) -> Markup | None:
    if not items:
        return None
    shown = [block.folded(abbreviate(each, 2_000), 400) for each in items[: block.MAX_ROWS]]
    return element(
        "div",
        element("strong", title),
        block.bullets(shown),
        block.more(len(items) - len(shown), "line"),
        style=style.SECTION,
    )


def _checkpoint_facts(made: Checkpoint) -> dict[str, Any]:
    return {
        "head": made.head,
        "event": count(made.seq),
        "chain begins with": short_digest(made.chain),
        "key": made.key_id,
        "file": made.file,
        "published": list(made.published),
    }


def _published(made: Checkpoint) -> str:
    if made.published:
        return "It holds once others have it: push the commit, keep the timestamp."
    return "It is in this workspace alone: commit and push its file, or use `--git`."


def _export_title(made: AuditExport) -> str:
    what = "report" if made.format == "html" else plural(made.events, "event")
    return f"{what} written to {abbreviate(made.path, _TEXT)}"


def _export_facts(made: AuditExport) -> dict[str, Any]:
    spans = f"{made.first_seq:,} to {made.last_seq:,}" if made.events else ""
    return {
        "events": spans,
        "follows": made.previous,
        "head": made.head,
        "files": [abbreviate(each, _TEXT) for each in made.files],
    }


def _verified_by(made: AuditExport) -> str:
    if made.format != "jsonl":
        return ""
    return "`python verify_export.py` with that file recomputes the chain, without this package."
