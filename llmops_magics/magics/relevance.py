"""``%retrieval_queries``: labelled queries where there are none."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.relevance import (
    QUERIES_ARGUMENTS,
    QUERIES_EXAMPLE,
    QUERIES_SUMMARY,
    synthesise,
)
from llmops_magics.magics.single import SingleMagic, asking


@magics_class
class RelevanceMagics(Magics):
    """The magic that makes labelled queries."""

    retrieval_queries = SingleMagic(
        "retrieval_queries",
        summary=QUERIES_SUMMARY,
        arguments=QUERIES_ARGUMENTS,
        examples=(QUERIES_EXAMPLE.removeprefix("queries "),),
        call=asking(synthesise),
    ).method()
