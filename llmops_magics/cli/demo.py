"""``llmops demo``: the main job on real models, in about a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmops_magics.cli.subcommand import command


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(
        commands,
        "demo",
        summary="Version, evaluate and gate two prompts on the embedded model.",
        example="llmops demo llmops-demo",
    )
    parser.add_argument("folder", nargs="?", default="llmops-demo", type=Path)
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Run the demo; exit code 0 if the good version passed and the careless one failed."""
    from llmops_magics.cli.progress import CellProgress
    from llmops_magics.demo.demonstration import demonstrate

    with CellProgress("cells") as progress:
        outcome = demonstrate(args.folder, progress.say, progress)
    for line in _report(outcome):
        print(line)
    return 0 if outcome.as_expected else 1


def _report(outcome: Any) -> list[str]:
    decisions = [r.decision for r in (outcome.good, outcome.careless) if r.decision]
    unpriced = sum(d.unpriced_samples for d in decisions)
    cost = sum(d.cost_usd for d in decisions)
    note = f"{unpriced} calls of unknown price" if unpriced else "embedded model, no API charge"
    good = decisions[0].prompt if decisions else "support/answer"
    again = f"llmops gate release_gate -p prompt={good} -p corpus=mossbell -p k=2"
    return [
        "",
        f"good version     {outcome.good.verdict or 'could not run'}",
        f"careless version {outcome.careless.verdict or 'could not run'}{_failing(outcome)}",
        f"cost ${cost:.2f} ({note}), {outcome.duration_s:.0f} s in all",
        "executed notebooks, with HTML, gate.json, junit.xml and summary.md beside them:",
        *(f"  {_page(result)}" for result in (outcome.good, outcome.careless)),
        "next, try:",
        f"  jupyter lab {outcome.folder}/support_desk.ipynb",
        f"  cd {outcome.folder} && {again}",
        f"  cd {outcome.folder} && llmops audit verify",
    ]


def _failing(outcome: Any) -> str:
    decision = outcome.careless.decision
    if decision is None or not decision.failing_cases:
        return ""
    cases = decision.failing_cases
    more = f" and {len(cases) - 5} more" if len(cases) > 5 else ""
    return f" (failing cases: {', '.join(cases[:5])}{more})"


def _page(result: Any) -> str:
    folder = Path(result.archive)
    return str(next(folder.glob("*.ipynb"), folder))
