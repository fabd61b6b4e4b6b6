"""GitHub Actions: annotations at the notebook, and the summary of the step.

Annotations are lines that the runner reads from the output. What comes from a notebook is
untrusted there too: it may neither end its line nor begin a command.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmops_magics.errors import GateUsageError
from llmops_magics.release.gate.report import headline
from llmops_magics.release.gate.result import GateResult, Verdict

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
MAX_SUMMARY_BYTES = 1024 * 1024  # GitHub's limit for a step
MOST_ANNOTATIONS = 10  # that GitHub shows of each level of a step
_LEVELS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning"}


def gate_annotations(result: GateResult, file: str) -> tuple[str, ...]:
    """Return one line a problem and a rule that did not pass, and one of the verdict."""
    name = headline(result)
    level = (
        "notice"
        if result.verdict is Verdict.PASS
        else _LEVELS.get(result.verdict or Verdict.FAIL, "error")
    )
    first = _line(level, file, f"{result.notebook}: {name}", _summary(result))
    return (first, *list(_rest(result, file))[: MOST_ANNOTATIONS - 1])


def summary_path() -> Path:
    """Return where this step's summary goes; ``GateUsageError`` where there is none."""
    where = os.environ.get(SUMMARY_VARIABLE, "")
    if not where:
        raise GateUsageError(
            f"{SUMMARY_VARIABLE} is not set.",
            hint="--github is for a step of GitHub Actions; elsewhere use --markdown FILE.",
        )
    return Path(where)


def write_summary(markdown: str) -> Path:
    """Add to the summary of this step; ``GateUsageError`` where there is none to add to."""
    path = summary_path()
    left = MAX_SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
    content = markdown.encode("utf-8", "replace")[: max(left, 0)]
    with path.open("ab") as file:
        file.write(content.decode("utf-8", "ignore").encode())
    return path


def _rest(result: GateResult, file: str) -> Iterator[str]:
    for problem in result.problems:
        yield _line("error", file, "problem", problem)
    for rule in result.decision.rules if result.decision else ():
        if rule.verdict is not Verdict.PASS:
            title = f"{rule.verdict}: {rule.rule}"
            yield _line(_LEVELS[rule.verdict], file, title, rule.reason)


def _summary(result: GateResult) -> str:
    decision = result.decision
    if decision is None:
        return f"gate {result.gate_id}"
    met = sum(rule.verdict is Verdict.PASS for rule in decision.rules)
    return f"{decision.prompt}: {met} of {len(decision.rules)} rules met, gate {result.gate_id}"


def _line(level: str, file: str, title: str, message: str) -> str:
    return f"::{level} file={_property(file)},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def all_annotations(results: Sequence[tuple[GateResult, str]]) -> tuple[str, ...]:
    """Return the annotations of several gates, each with its notebook's path."""
    return tuple(line for result, file in results for line in gate_annotations(result, file))
