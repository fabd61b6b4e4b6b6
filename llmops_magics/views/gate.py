"""How a release gate looks: the verdict first, then the rules that made it, then the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.format import (
    duration,
    moment,
    plural,
    short_digest,
    total_money,
)
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.rule import rule_line, rule_table

if TYPE_CHECKING:
    from llmops_magics.release.gate.result import GateDecision, GateResult

COULD_NOT_RUN = "COULD NOT RUN"


def gate_decision_html(decision: GateDecision) -> Markup:
    """Show what a gate decided inside its notebook, and why."""
    return block.outer(
        _banner(decision.verdict, decision_reason(decision), _subject(decision)),
        *_decision_body(decision),
        block.fold("digests", _digests(decision)),
    )


def gate_decision_text(decision: GateDecision) -> str:
    """Return the verdict, and one line a rule."""
    lines = [f"{decision.verdict!s}: {decision_reason(decision)}", _joined(_subject(decision))]
    lines += [f"  {rule_line(rule)}" for rule in decision.rules]
    if decision.failing_cases:
        lines.append(f"  failing cases: {block.names(decision.failing_cases, 10)}")
    return visible("\n".join(lines))


def gate_result_html(result: GateResult) -> Markup:
    """Show one execution of a gate: verdict, problems, decision, and everything that decided."""
    decision = result.decision
    body = _decision_body(decision) if decision else []
    return block.outer(
        _banner(result.verdict, result_reason(result), _execution(result)),
        _problems(result),
        *body,
        *_evidence(result),
    )


def gate_result_text(result: GateResult) -> str:
    """Return the verdict, the problems, and one line a rule."""
    lines = [f"{result.verdict or COULD_NOT_RUN!s}: {result_reason(result)}"]
    lines.append(_joined(_execution(result)))
    lines += [f"  problem: {problem}" for problem in result.problems]
    if result.decision:
        lines += [f"  {rule_line(rule)}" for rule in result.decision.rules]
        if result.decision.failing_cases:
            lines.append(f"  failing cases: {block.names(result.decision.failing_cases, 10)}")
    if result.archive:
        lines.append(f"  archive: {result.archive}")
    return visible("\n".join(lines))


def decision_reason(decision: GateDecision) -> str:
    """Say in a sentence which rules made the verdict."""
    total = plural(len(decision.rules), "rule")
    decisive = [rule.rule for rule in decision.rules if rule.verdict == decision.verdict]
    if not decision.rules:
        return "there are no rules"
    if decision.verdict == "PASS":
        return f"{len(decisive)} of {total} met"
    what = "not met" if decision.verdict == "FAIL" else "undecided"
    return f"{len(decisive)} of {total} {what}: {block.names(decisive, 5)}"


def result_reason(result: GateResult) -> str:
    """Say why an execution ended as it did."""
    if result.decision and not result.problems:
        return decision_reason(result.decision)
    if result.problems:
        return abbreviate(result.problems[0], 300)
    return "no decision was made"


def _banner(verdict: str | None, reason: str, subject: list[str]) -> Markup:
    words = block.verdict_words(str(verdict)) if verdict else f"! {COULD_NOT_RUN}"
    colour = block.verdict_colour(verdict) if verdict else style.RED
    return element(
        "div",
        element("div", words, style=style.BANNER_TITLE),
        element("div", reason, dir="auto"),
        element("div", _joined(subject), style=style.SMALL),
        style=style.banner(colour),
    )


def _subject(decision: GateDecision) -> list[str]:
    return [
        decision.prompt,
        f"baseline {decision.baseline}" if decision.baseline else "",
        decision.dataset,
        decision.model,
        total_money(decision.cost_usd, decision.unpriced_samples, "answer"),
        moment(decision.decided_at),
    ]


def _execution(result: GateResult) -> list[str]:
    subject = [result.decision.prompt, result.decision.dataset] if result.decision else []
    return [
        result.notebook,
        *subject,
        moment(result.finished_at),
        duration(result.duration_s * 1000),
        f"exit code {result.exit_code}",
    ]


def _decision_body(decision: GateDecision) -> list[Markup]:
    failing = decision.failing_cases
    title = f"{plural(len(failing), 'failing case')}: "
    named = [element("strong", title), block.names(failing, 200)]
    return [
        rule_table("Rules of this gate", decision.rules),
        element("div", *named, dir="auto", style=style.SECTION) if failing else Markup(),
    ]


def _problems(result: GateResult) -> Markup | None:
    if not result.problems:
        return None
    shown = [block.folded(problem, 400) for problem in result.problems]
    return element("div", element("strong", "Problems"), block.bullets(shown), style=style.SECTION)


def _digests(decision: GateDecision) -> Markup:
    facts: dict[str, Any] = {
        "run": decision.run_id,
        "prompt": f"{decision.prompt} {decision.prompt_digest}",
        "dataset": f"{decision.dataset} {decision.dataset_digest}",
        "model": decision.model,
        "answered by": ", ".join(decision.resolved_models),
        "index": decision.index_fingerprint,
    }
    return block.facts("What decided", facts)


def _evidence(result: GateResult) -> list[Markup]:
    packages = [f"{name} {version}" for name, version in result.packages.items()]
    parts = {
        "parameters": block.facts("Parameters", result.parameters),
        "digests": block.facts("Digests", _whole_digests(result)),
        plural(len(packages), "package"): join([block.prose(", ".join(packages), 20_000)]),
        plural(len(result.files), "file"): block.facts("Files", _short(result.files)),
    }
    return [block.fold(title, part) for title, part in parts.items() if part]


def _whole_digests(result: GateResult) -> dict[str, str]:
    return {
        "gate": result.gate_id,
        "git commit": result.git_commit,
        "started": moment(result.started_at),
        **result.digests,
    }


def _short(files: dict[str, str]) -> dict[str, str]:
    return {name: short_digest(digest) for name, digest in files.items()}


def _joined(parts: list[str]) -> str:
    return block.DOT.join(part for part in parts if part)
