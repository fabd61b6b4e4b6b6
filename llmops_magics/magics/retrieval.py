"""``%llm_search`` and the magics that measure what a corpus answers, and to whom."""

from __future__ import annotations

from IPython.core.magic import Magics, magics_class

from llmops_magics.command.retrieval import OPERATIONS
from llmops_magics.magics.single import SingleMagic


@magics_class
class RetrievalMagics(Magics):
    """The magics of retrieval; ``%retrieval_queries`` is with those of relevance."""

    llm_search = SingleMagic.of("llm_search", OPERATIONS["search"]).method()
    retrieval_access = SingleMagic.of("retrieval_access", OPERATIONS["access"]).method()
    retrieval_check = SingleMagic.of("retrieval_check", OPERATIONS["check"]).method()
    retrieval_drift = SingleMagic.of("retrieval_drift", OPERATIONS["drift"]).method()
    retrieval_sweep = SingleMagic.of("retrieval_sweep", OPERATIONS["sweep"]).method()
    retrieval_causes = SingleMagic.of("retrieval_causes", OPERATIONS["causes"]).method()
    retrieval_label = SingleMagic.of(
        "retrieval_label", OPERATIONS["label"], "docs --queries questions.txt --as docs-labelled"
    ).method()
