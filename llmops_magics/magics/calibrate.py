"""``%llm_calibrate``: how far a judge agrees with people, and whether a gate may rely on it."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.calibrate import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.single import SingleMagic


@magics_class
class CalibrateMagics(Magics):
    """The magic of judges' licences."""

    llm_calibrate = SingleMagic(
        "llm_calibrate",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=(EXAMPLE, "groundedness --labels cases --label human --threshold 1"),
        call=call,
    ).method()
