"""``%llm_eval``: run a prompt over a dataset, score it, and show the table under the cell."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class

from llmops_magics.command.operation import argument
from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%llm_eval",
    description="Run every case of a dataset through a prompt, score and store the answers.",
    example=(
        "  run = %llm_eval support/answer --data cases.jsonl --scorers contains,groundedness\n"
        "  %llm_eval support/answer@4 --data cases --scorers my_scorer --baseline "
        "support/answer@3"
    ),
)
ARGUMENTS = (
    argument("prompt", complete="ref", help="name, name@7, name@label or name@sha256:ab12cd34"),
    argument(
        "--data",
        required=True,
        complete="variable",
        help="a CSV, JSONL, JSON or Parquet file, a variable, or a dataset that was used before",
    ),
    argument(
        "--scorers",
        required=True,
        complete="scorer",
        help="names of scorers or functions, separated by commas",
    ),
    argument(
        "--baseline", default="", complete="ref", help="a prompt to compare with, case by case"
    ),
    argument("--model", default="", help="endpoint/model, instead of the prompt's own"),
    argument("--concurrency", type=int, default=0, help="calls under way at once"),
    argument("--repeats", type=int, default=1, help="answers a case"),
    argument(
        "--aa",
        action="store_true",
        help="run the baseline (else the prompt) once more: how many cases flip by chance alone",
    ),
)
for _each in ARGUMENTS:
    _each.add_to(PARSER)


@magics_class
class EvalMagics(Magics):
    """The magics of the eval layer."""

    @readable
    @line_magic
    def llm_eval(self, line: str) -> Any:
        """Evaluate a prompt; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.evals.scorers.registry import split_scorers

        scorers = split_scorers(args.scorers)
        if not scorers:
            PARSER.error("--scorers names no scorer")
        import llmops_magics.widgets  # noqa: F401  (adds the live table in a live kernel)
        from llmops_magics.command.progress import CaseProgress
        from llmops_magics.command.value import read_source
        from llmops_magics.library import evaluate

        with CaseProgress(sys.stdout) as progress:
            return evaluate(
                args.prompt,
                read_source(args.data, self.shell.user_ns),
                scorers,
                baseline=args.baseline,
                model=args.model,
                concurrency=args.concurrency,
                repeats=args.repeats,
                aa=args.aa,
                namespace=self.shell.user_ns,
                on_progress=progress,
            )


EvalMagics.llm_eval.__doc__ = PARSER.format_help()
