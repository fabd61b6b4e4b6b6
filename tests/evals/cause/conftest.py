"""Failing cases and a small corpus, made by hand: every class can be read off them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from llmops_magics.evals.cause.attribute import attribute
from llmops_magics.evals.cause.evidence import find_expected
from llmops_magics.evals.cause.failing import FailingCase
from llmops_magics.evals.cause.holding import Holdings
from llmops_magics.retrieval.context import GivenPassage, Retrieved
from llmops_magics.retrieval.measure.query import Relevant
from llmops_magics.retrieval.passage import Passage

TANK = "The water tank holds 3.2 litres. A full tank lasts 18 days with four herbs."
LAMP = "The lamp is on for 14 hours a day. It uses 22 watts."
RETURNS = "Send it back within 30 days. We refund the price in full."
TEXTS = {"tank": TANK, "lamp": LAMP, "returns": RETURNS}


def label(document_id, start=None, end=None, quote=""):
    return Relevant(document_id=document_id, start=start, end=end, quote=quote)


def span(document_id, part):
    start = TEXTS[document_id].index(part)
    return label(document_id, start, start + len(part))


def failing(*labels, given=("tank",), context=None, answer="It is lovely.", **changes):
    """A case that was given documents whole, by their ids."""
    passages = tuple(GivenPassage(document_id=d, rank=n) for n, d in enumerate(given, 1))
    question = changes.pop("question", "How much water does the tank hold?")
    fields = {
        "case_id": "c1",
        "retrieved": Retrieved(passages=passages, corpus="docs", index="i1", question=question),
        "context": "\n\n".join(TEXTS[d] for d in given) if context is None else context,
        "answers": (answer,),
        "labels": labels or None,
    }
    return FailingCase(**(fields | changes))


def ranking(*ids):
    """A deeper search that always finds these documents, whole, in this order."""

    def rank(queries):
        found = [
            Passage(document_id=d, text=TEXTS.get(d, ""), score=1 / n, rank=n)
            for n, d in enumerate(ids, 1)
        ]
        return [found for _ in queries]

    return rank


def holdings(**changes):
    fields = {"name": "docs", "corpus": TEXTS, "index": TEXTS, "fingerprint": "i1"}
    return Holdings(**(fields | {"rank": ranking("lamp", "returns", "tank")} | changes))


def only(case, held=None):
    """The row of one case; without labels its expected answer is looked for."""
    held = held or holdings()
    texts = held.corpus if held.is_registered else held.index
    documents = [(d, "", text) for d, text in {**texts, **(held.source or {})}.items()]
    found = find_expected([case], documents) if case.labels is None else {}
    (row,) = attribute([case], held, found)
    return row


@pytest.fixture
def hand():
    """All of the above, for the tests beside this file."""
    return SimpleNamespace(
        label=label, span=span, failing=failing, holdings=holdings, only=only, ranking=ranking,
        texts=TEXTS,
    )  # fmt: skip
