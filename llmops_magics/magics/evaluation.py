"""``%llm_eval``: run a prompt or function over a dataset and show the scores under the cell."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.evaluation import ARGUMENTS, EXAMPLES, SUMMARY, call
from llmops_magics.magics.single import SingleMagic, asking


@magics_class
class EvalMagics(Magics):
    """The magics of the eval layer."""

    llm_eval = SingleMagic(
        "llm_eval",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=EXAMPLES,
        call=asking(call),
    ).method()
