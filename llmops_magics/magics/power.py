"""``%llm_power``: how many cases an eval takes, before it is paid for."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.power import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.single import SingleMagic


@magics_class
class PowerMagics(Magics):
    """The magic of sample sizes."""

    llm_power = SingleMagic(
        "llm_power",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=(EXAMPLE, "--run run --against other_run"),
        call=call,
    ).method()
