"""The arguments that operations on an indexed corpus share: the corpus, and what searches it."""

from __future__ import annotations

from llmops_magics.command.operation import Argument, argument

CORPUS = argument("corpus", metavar="CORPUS", complete="index", help="a corpus with an index")


def retriever(meaning: str, *, default: str = "", metavar: str = "NAME,…") -> Argument:
    """Return ``--retriever``, which takes several names with commas unless ``metavar`` is one."""
    return argument(
        "--retriever", default=default, complete="retriever", metavar=metavar, help=meaning
    )
