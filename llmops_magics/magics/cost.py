"""``%llm_cost``: what model calls have cost."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.cost import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.single import SingleMagic


@magics_class
class CostMagics(Magics):
    """The magic of costs."""

    llm_cost = SingleMagic(
        "llm_cost",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=(EXAMPLE, "--by day --forecast"),
        call=call,
    ).method()
