"""A gate's result for those who do not open notebooks: JUnit XML for CI, Markdown for people.

Everything that came out of a notebook is untrusted, and escaped here.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from llmops_magics.release.gate.result import GateResult, RuleResult, Verdict

COULD_NOT_RUN = "COULD NOT RUN"
MOST_CASES = 50
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@:-])")


def headline(result: GateResult) -> str:
    """Return the verdict in one word or three."""
    return result.verdict.value if result.verdict else COULD_NOT_RUN


def to_junit(*results: GateResult) -> bytes:
    """Return JUnit XML, a suite a gate and a test case a rule.

    FAIL is a failure; what is undecided, and what could not run, is an error.
    """
    root = Element("testsuites")
    root.extend(_suite(result) for result in results)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _suite(result: GateResult) -> Element:
    rules = result.decision.rules if result.decision else ()
    suite = Element("testsuite", name=_xml(result.notebook), time=f"{result.duration_s:.3f}")
    suite.set("timestamp", result.started_at)
    for rule in rules:
        _add_rule(suite, rule, result)
    if result.verdict is None:
        case = SubElement(suite, "testcase", name="gate", classname=_xml(result.notebook))
        problems = "; ".join(result.problems)
        SubElement(case, "error", message=_xml(problems), type=COULD_NOT_RUN).text = _xml(problems)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    return suite


def _add_rule(suite: Element, rule: RuleResult, result: GateResult) -> None:
    case = SubElement(suite, "testcase", name=_xml(rule.rule), classname=_xml(result.notebook))
    if rule.verdict is Verdict.PASS:
        SubElement(case, "system-out").text = _xml(rule.reason)
        return
    kind = "failure" if rule.verdict is Verdict.FAIL else "error"
    SubElement(case, kind, message=_xml(rule.reason), type=rule.verdict.value).text = _xml(
        rule.reason
    )


def to_markdown(result: GateResult) -> str:
    """Return the summary: verdict, rules, failing cases, and the digests of what decided."""
    lines = [f"# {plain(result.notebook)}: {headline(result)}", ""]
    lines += [f"Gate {_code(result.gate_id)}, {result.started_at}, {result.duration_s:.1f} s."]
    lines += [f"- Problem: {plain(problem)}" for problem in result.problems]
    decision = result.decision
    if decision is not None:
        lines += ["", f"Prompt {_code(decision.prompt)} on {_code(decision.dataset)}"]
        lines[-1] += f" with {_code(decision.model)}: {decision.cost_usd} USD"
        unpriced = decision.unpriced_samples
        lines[-1] += f", {unpriced} calls of unknown price." if unpriced else "."
        lines += ["", "| Rule | Verdict | Reason |", "| --- | --- | --- |"]
        lines += [f"| {plain(r.rule)} | {r.verdict} | {plain(r.reason)} |" for r in decision.rules]
        lines += _failing_cases(decision.failing_cases)
    lines += _table("Parameters", result.parameters)
    lines += _table("Digests", {**result.digests, "git commit": result.git_commit or "none"})
    return "\n".join(lines) + "\n"


def _failing_cases(cases: tuple[str, ...]) -> list[str]:
    if not cases:
        return ["", "No case failed."]
    shown = [f"- {plain(case)}" for case in cases[:MOST_CASES]]
    left = len(cases) - MOST_CASES
    return ["", f"## Failing cases ({len(cases)})", "", *shown] + (
        [f"- and {left} more"] if left > 0 else []
    )


def _table(title: str, values: dict[str, object]) -> list[str]:
    rows = [
        f"| {plain(name)} | {_code(str(value)) if '|' not in str(value) else plain(str(value))} |"
        for name, value in values.items()
    ]
    return ["", f"## {title}", "", "| Name | Value |", "| --- | --- |", *rows] if rows else []


def plain(text: str) -> str:
    """Escape text for Markdown, on one line: neither markup, HTML, link nor mention."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
