"""How the evidence for a release looks: what the gates found first, then what is missing.

Who approves sees here what they sign for: each gate with its rules and intervals, what changes of
the prompt, what it cost and which cases fail. Broken glass is red wherever it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.approval import decision_line, decision_row
from llmops_magics.views.format import moment, money, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked
from llmops_magics.views.prompt_diff import changes_html, prompt_diff_text
from llmops_magics.views.rule import rule_line, rule_table

if TYPE_CHECKING:
    from llmops_magics.release.approval.record import GateEvidence, Readiness, Requirement

_SAID = 400
_CASES = 20


@masked
def readiness_html(found: Readiness) -> Markup:
    """Show the verdict, the evidence, what changes, and each thing that is asked for."""
    return block.outer(
        _banner(found),
        *(_warning(each) for each in found.warnings),
        *(_gate(each) for each in found.dossiers),
        _diff(found),
        _requirements(found),
        _decisions(found),
        block.fold("what is released", block.facts(f"The bundle of {found.ref}", _bundle(found))),
    )


@masked
def readiness_text(found: Readiness) -> str:
    """Return the verdict, a line a rule and requirement, and what changes."""
    lines = [f"{_verdict(found)}: {found.ref} to {found.environment}", f"  {_subject(found)}"]
    if found.broken_glass is not None:
        lines.append(f"  BROKEN GLASS by {found.broken_glass.approver}: {_why(found)}")
    lines += [f"  ! {each}" for each in found.warnings]
    for gate in found.dossiers:
        lines.append(f"  {gate.gate}: {gate.verdict}{block.DOT}{block.DOT.join(_of_gate(gate))}")
        lines += [f"    {rule_line(rule)}" for rule in gate.rules]
        if gate.failing_cases:
            lines.append(f"    failing cases: {block.names(gate.failing_cases, _CASES)}")
    lines += [f"  {_mark(each)} {each.name}: {each.said}" for each in found.requirements]
    lines += [f"  {decision_line(each)}" for each in found.approvals]
    if found.diff and found.diff.before and found.diff.changes:
        lines.append(prompt_diff_text(found.diff))
    return visible("\n".join(lines))


def _banner(found: Readiness) -> Markup:
    colour = style.GREEN if found.ready else style.AMBER
    title = f"{'✓' if found.ready else '?'} {_verdict(found)}"
    said = f"{found.ref} to {found.environment}"
    if found.broken_glass is not None:
        colour, title = style.RED, "✗ GLASS BROKEN"
        said += f", by {found.broken_glass.approver}: {_why(found)}"
    elif found.missing:
        said += f": {plural(len(found.missing), 'thing')} missing"
    return element(
        "div",
        element("div", title, style=style.BANNER_TITLE),
        element("div", said, dir="auto"),
        element("div", _subject(found), style=style.SMALL),
        style=style.banner(colour),
    )


def _warning(words: str) -> Markup:
    return element(
        "div",
        block.badge("! know this", style.AMBER),
        " ",
        abbreviate(words, _SAID),
        dir="auto",
        style=style.SECTION,
    )


def _verdict(found: Readiness) -> str:
    if found.broken_glass is not None:
        return "GLASS BROKEN"
    return "READY" if found.ready else "NOT READY"


def _why(found: Readiness) -> str:
    return abbreviate(found.broken_glass.reason, _SAID) if found.broken_glass else ""


def _subject(found: Readiness) -> str:
    parts = [
        f"{found.tier} risk",
        found.bundle.model,
        f"by {found.author}",
        f"{found.environment} serves {found.served or 'nothing of it'}",
        f"lapses {moment(found.lapses_at)}" if found.lapses_at else "",
        moment(found.decided_at),
    ]
    return block.DOT.join(part for part in parts if part)


def _gate(gate: GateEvidence) -> Markup:
    failing = gate.failing_cases
    title = element("strong", f"{plural(len(failing), 'failing case')}: ")
    colour = block.verdict_colour(gate.verdict)
    return element(
        "div",
        element(
            "div",
            element("strong", gate.gate),
            " ",
            block.badge(block.verdict_words(gate.verdict), colour),
        ),
        block.subline(_of_gate(gate)),
        rule_table(f"Rules of {gate.gate}", gate.rules) if gate.rules else None,
        element("div", title, block.names(failing, _CASES), dir="auto") if failing else None,
        style=style.SECTION,
    )


def _of_gate(gate: GateEvidence) -> list[str]:
    signed = f"signed by {gate.signed_by}" if gate.signed_by else "signed by nobody known"
    parts = [
        moment(gate.finished_at),
        gate.dataset,
        f"against {gate.baseline}" if gate.baseline else "",
        f"cost {money(gate.cost_usd)}" if gate.cost_usd is not None else "",
        f"{gate.passed} of {plural(gate.runs, 'live run')} passed",
        signed,
        f"dossier {short_digest(gate.dossier)}",
    ]
    return [part for part in parts if part]


def _diff(found: Readiness) -> Markup | None:
    diff = found.diff
    if diff is None or not diff.changes or not diff.before:
        return None
    title = f"{plural(len(diff.changes), 'change')} of the prompt since {diff.before}"
    return block.fold(title, *changes_html(diff), is_open=True)


def _mark(each: Requirement) -> str:
    return "✓" if each.met else "✗"


def _requirements(found: Readiness) -> Markup:
    if not found.requirements:
        return block.hint(f"{found.environment} asks for nothing.")
    heads = [block.marked_head("asked for"), block.head("there"), block.head("what there is")]
    missing_first = sorted(found.requirements, key=lambda each: each.met)
    rows = [
        block.row(
            element("th", each.name, scope="row", style=style.first_cell(_colour(each))),
            block.cell(block.badge("✓ yes" if each.met else "✗ no", _colour(each))),
            block.cell(element("div", abbreviate(each.said, _SAID), dir="auto")),
        )
        for each in missing_first
    ]
    return block.table(f"What {found.environment} asks for", heads, rows, wide=True)


def _colour(each: Requirement) -> str:
    return style.GREEN if each.met else style.RED


def _decisions(found: Readiness) -> Markup | None:
    if not found.approvals:
        return None
    heads = [block.head(name) for name in ("who", "decision", "counts", "reason", "when", "key")]
    rows = [decision_row(each) for each in found.approvals[: block.MAX_ROWS]]
    return block.table("What people said", heads, rows, wide=True)


def _bundle(found: Readiness) -> dict[str, str]:
    bundle = found.bundle
    return {
        "bundle": found.bundle_digest,
        "prompt": f"{bundle.ref} {bundle.prompt_digest}",
        "model": bundle.model,
        "settings": bundle.settings_digest,
        **{f"index {name}": digest for name, digest in bundle.index.items()},
    }
