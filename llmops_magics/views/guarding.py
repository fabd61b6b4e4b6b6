"""How decisions at the boundaries look, and questions that wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.guard.boundary.decision_log import DecisionList, StoredDecision
    from llmops_magics.guard.boundary.pending import PendingList, PendingQuestion

MAX_ROWS = 200
_NAME = 60
_TEXT = 300
_WORDS = {
    "allow": ("✓ allow", style.GREEN),
    "flag": ("▲ flag", style.AMBER),
    "redact": ("▲ redact", style.AMBER),
    "ask": ("? ask", style.BLUE),
    "block": ("✗ block", style.RED),
}
_STATES = {
    "waiting": ("? waiting", style.BLUE),
    "allow": ("✓ allowed", style.GREEN),
    "deny": ("✗ denied", style.RED),
    "expired": ("✗ expired", style.GREY),
}


@masked
def guard_decisions_html(listed: DecisionList) -> Markup:
    """Show a row a decision, the newest first."""
    heads = [block.marked_head("action"), *map(block.head, ("where", "found", "text", "when"))]
    rows = [
        block.row(
            _word_cell(each.action),
            block.cell(
                element("div", f"{each.boundary}, {abbreviate(each.subject, _NAME)}", dir="auto"),
                block.subline(_circumstances(each)),
            ),
            block.cell(
                element("div", _found(each)), element("div", _policies(each), style=style.SMALL)
            ),
            block.cell(block.folded(each.excerpt)),
            element("td", moment(each.at), style=style.TIME),
        )
        for each in listed.decisions[:MAX_ROWS]
    ]
    return block.outer(
        block.heading(element("strong", plural(listed.total, "decision"))),
        block.table("Decisions, the newest first", heads, rows) if rows else None,
        block.more(len(listed.decisions) - MAX_ROWS, "decision"),
    )


@masked
def guard_decisions_text(listed: DecisionList) -> str:
    """Return a line a decision."""
    rows = [
        (moment(each.at), _words(each.action), each.boundary, _found(each), each.subject)
        for each in listed.decisions
    ]
    head = ("when", "action", "boundary", "found", "what")
    lines = [plural(listed.total, "decision")]
    lines += columns(head, rows, fixed=(0, 1, 2, 4), gives_way=3, noun="decision") if rows else []
    return visible("\n".join(lines))


@masked
def guard_pending_html(listed: PendingList) -> Markup:
    """Show what waits for a person."""
    return block.outer(
        block.heading(element("strong", _waiting(listed))),
        *(_question(each) for each in listed.questions[:MAX_ROWS]),
        block.more(len(listed.questions) - MAX_ROWS, "question"),
    )


@masked
def guard_pending_text(listed: PendingList) -> str:
    """Return a few lines a question."""
    lines = [_waiting(listed)]
    for each in listed.questions[:MAX_ROWS]:
        lines += _question_lines(each)
    return visible("\n".join(lines))


@masked
def guard_question_html(question: PendingQuestion) -> Markup:
    """Show one question, and how it was answered."""
    return block.outer(_question(question))


@masked
def guard_question_text(question: PendingQuestion) -> str:
    """Return a few lines."""
    return visible("\n".join(_question_lines(question)))


def _waiting(listed: PendingList) -> str:
    waiting = sum(each.state == "waiting" for each in listed.questions)
    closed = len(listed.questions) - waiting
    words = f"{plural(waiting, 'question')} for a person"
    return f"{words}{block.DOT}{closed} closed" if closed else words


def _question(each: PendingQuestion) -> Markup:
    return element(
        "div",
        block.heading(
            block.badge(*_STATES.get(each.state, (each.state, style.GREY))),
            element("strong", abbreviate(each.subject, _NAME)),
            element("span", abbreviate(each.id, _NAME), style=style.SMALL),
        ),
        element("div", abbreviate(each.reason, _TEXT), dir="auto"),
        block.block(each.shown) if each.shown else None,
        block.subline(_question_facts(each)),
        block.hint(_how(each)) if each.state == "waiting" else None,
        style=style.SECTION,
    )


def _question_lines(each: PendingQuestion) -> list[str]:
    state, _ = _STATES.get(each.state, (each.state, ""))
    head = f"{state}  {abbreviate(each.id, _NAME)}  {abbreviate(each.subject, _NAME)}"
    lines = [f"  {head}", *wrapped(abbreviate(each.reason, _TEXT), 4)]
    lines += wrapped(abbreviate(each.shown, _TEXT), 4) if each.shown else []
    lines += wrapped(block.DOT.join(_question_facts(each)), 4)
    return [*lines, f"    {_how(each).replace('`', '')}"] if each.state == "waiting" else lines


def _how(each: PendingQuestion) -> str:
    known = abbreviate(each.id, _NAME)
    return f"`%guard allow {known}` or `%guard deny {known}` answers it, and `llmops guard` too."


def _question_facts(each: PendingQuestion) -> list[str]:
    answered = f"answered by {abbreviate(each.answered_by, _NAME)}" if each.answered_by else ""
    facts = [
        f"asked for {abbreviate(each.actor, _NAME)} at {moment(each.at)}",
        f"until {moment(each.expires_at)}" if each.state == "waiting" else "",
        f"{answered} at {moment(each.answered_at)}" if answered else "",
        abbreviate(each.note, _TEXT),
    ]
    return [fact for fact in facts if fact]


def _circumstances(each: StoredDecision) -> list[str]:
    return [
        abbreviate(each.prompt, _NAME),
        abbreviate(each.environment, _NAME),
        abbreviate(each.actor, _NAME),
    ]


def _found(each: StoredDecision) -> str:
    kinds = list(dict.fromkeys(str(finding.get("kind", "")) for finding in each.findings))
    failed = [str(run.get("detector", "")) for run in each.detectors if run.get("error")]
    words = [*kinds, *(f"{name} could not look" for name in failed)]
    return block.names(words, 8) or "nothing"


def _policies(each: StoredDecision) -> str:
    return f"by {block.names(each.policies, 5)}" if each.policies else "no policy speaks of it"


def _words(word: str) -> str:
    return _WORDS.get(word, (word, ""))[0]


def _word_cell(word: str) -> Markup:
    words, colour = _WORDS.get(word, (word, style.GREY))
    return element("td", block.badge(words, colour), style=style.first_cell(colour))
