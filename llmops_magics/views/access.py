"""How a decision on access looks: the verdict, which policies decided, and what else counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.guard.access.decision import AccessDecision

_NAME = 120
_REASON = 400


@masked
def access_decision_html(decision: AccessDecision) -> Markup:
    """Show who may or may not, and a row for each policy that decided."""
    colour = style.GREEN if decision.allowed else style.RED
    rows = [
        block.row(block.row_head(abbreviate(policy, _NAME)), block.cell(abbreviate(why, _REASON)))
        for policy, why in _decided(decision)
    ]
    heads = [block.head("policy"), block.head("why")]
    return block.outer(
        block.heading(
            element("strong", _question(decision)), " ", block.badge(decision.verdict, colour)
        ),
        block.subline(_facts(decision)),
        block.table("What decided", heads, rows),
        *(element("div", each, style=style.SMALL) for each in _notes(decision)),
    )


@masked
def access_decision_text(decision: AccessDecision) -> str:
    """Return a few lines."""
    lines = [f"{_question(decision)}: {decision.verdict}"]
    lines += [f"  {policy}: {abbreviate(why, _REASON)}" for policy, why in _decided(decision)]
    lines.append(f"  {block.DOT.join(_facts(decision))}")
    lines += [f"  {each}" for each in _notes(decision)]
    return visible("\n".join(lines))


def _question(decision: AccessDecision) -> str:
    who = abbreviate(decision.principal or "nobody", _NAME)
    return f"{who} {decision.action} {abbreviate(decision.resource, _NAME)}"


def _decided(decision: AccessDecision) -> list[tuple[str, str]]:
    """Return a policy and its reason a row; what has no policy of its own stands behind a dash."""
    ids = [*decision.policies, *("—" for _ in decision.reasons)]
    return list(zip(ids, decision.reasons, strict=False))


def _facts(decision: AccessDecision) -> list[str]:
    return [
        f"environment {decision.environment}",
        f"roles: {block.names(decision.roles) if decision.roles else 'none'}",
        f"groups: {block.names(decision.groups) if decision.groups else 'none'}",
        f"identity {decision.identity}",
        f"policies {short_digest(decision.policy_digest)}",
    ]


def _notes(decision: AccessDecision) -> list[str]:
    notes = [abbreviate(f"policy error: {error}", _REASON) for error in decision.errors[:10]]
    if decision.needs_yes:
        notes.append("A person's yes is all that is missing.")
    if decision.roles_that_may:
        one = "the role" if len(decision.roles_that_may) == 1 else "one of the roles"
        notes.append(f"It would be permitted with {one} {block.names(decision.roles_that_may)}.")
    return notes
