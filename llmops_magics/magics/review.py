"""``%llm_review``: look at the failing cases of a run, and say what is right."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.review import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.magics.single import SingleMagic


@magics_class
class ReviewMagics(Magics):
    """The magic of reviews."""

    llm_review = SingleMagic(
        "llm_review",
        summary=SUMMARY,
        arguments=ARGUMENTS,
        examples=(
            "run --disagreements",
            EXAMPLE,
            "run --scorer faithfulness --export faithfulness-labels",
        ),
        call=call,
    ).method()
