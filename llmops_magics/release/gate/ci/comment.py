"""The comment on a pull request: what the gates say, and what changed since the accepted run.

It begins with a mark that no reader sees, by which the next run finds the comment and replaces it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.release.gate.report import headline, plain, to_markdown
from llmops_magics.release.gate.result import GateResult, Verdict

if TYPE_CHECKING:
    from llmops_magics.release.dossier.change import DossierDiff

MARK = "<!-- llmops gate -->"
MAX_CHARACTERS = 65_000  # GitHub takes 65,536, GitLab a million
_SIGNS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INCONCLUSIVE: "❔", None: "⚠️"}


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One gate, and how it differs from the accepted one; ``note`` says why it cannot be said."""

    result: GateResult
    change: DossierDiff | None = None
    note: str = ""


def to_comment(reported: Sequence[Reported], *, problems: Sequence[str] = ()) -> str:
    """Return the comment in Markdown; ``problems`` are of gates that have no result.

    What does not fit is left out from the end, and said to be.
    """
    lines = [
        MARK,
        "## Release gates",
        "",
        "| | Gate | Verdict | Why |",
        "| --- | --- | --- | --- |",
    ]
    lines += [_row(each.result) for each in reported]
    lines += [f"| ⚠️ | | COULD NOT RUN | {plain(problem)} |" for problem in problems]
    parts = ["\n".join(lines)]
    for each in reported:
        parts.append(_change(each))
        parts.append(_folded(each.result))
    return _fitted(parts)


def _row(result: GateResult) -> str:
    return (
        f"| {_SIGNS[result.verdict]} | {plain(result.notebook)} | **{headline(result)}** "
        f"| {plain(_why(result))} |"
    )


def _why(result: GateResult) -> str:
    if result.problems:
        return result.problems[0]
    rules = result.decision.rules if result.decision else ()
    open_ones = [rule for rule in rules if rule.verdict is not Verdict.PASS]
    if not open_ones:
        return f"{len(rules)} of {len(rules)} rules met"
    return "; ".join(f"{rule.rule}: {rule.reason}" for rule in open_ones[:3])


def _change(reported: Reported) -> str:
    if reported.change is not None:
        return reported.change.to_markdown().strip()
    return f"_{plain(reported.note)}_" if reported.note else ""


def _folded(result: GateResult) -> str:
    title = f"{plain(result.notebook)}: all rules, parameters and digests"
    return f"<details><summary>{title}</summary>\n\n{to_markdown(result).strip()}\n\n</details>"


def _fitted(parts: Sequence[str]) -> str:
    text = ""
    for part in filter(None, parts):
        if len(text) + len(part) + 200 > MAX_CHARACTERS:
            return f"{text}\n_The rest is too long for a comment: it is in the dossiers._\n"
        text += f"{part}\n\n"
    return text.rstrip() + "\n"
