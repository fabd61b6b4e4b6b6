"""``%llm_rightsize``: which model is the smallest that is good enough, under the cell."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.rightsize import ARGUMENTS, EXAMPLES, SUMMARY, call
from llmops_magics.magics.single import SingleMagic, asking


@magics_class
class RightSizeMagics(Magics):
    """The magic of right-sizing."""

    llm_rightsize = SingleMagic(
        "llm_rightsize",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=EXAMPLES,
        call=asking(call),
    ).method()
