"""``%llm_redteam``: attack a prompt or function of one's own, and show what succeeded."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.redteam import ARGUMENTS, EXAMPLES, SUMMARY, call
from llmops_magics.magics.single import SingleMagic, asking


@magics_class
class RedteamMagics(Magics):
    """The magic of the red team."""

    llm_redteam = SingleMagic(
        "llm_redteam",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=EXAMPLES,
        call=asking(call),
    ).method()
