"""Hold labels against a corpus: a label that no corpus can satisfy says nothing of a retriever.

A query with such a label cannot be measured. It is not scored as 0 and not left out in silence: it
is a missing observation, counted, with what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmops_magics.retrieval.measure.query import Query, Relevant
from llmops_magics.retrieval.measure.text import Tokens

UNKNOWN, OUTSIDE, EMPTY, CHANGED = "unknown document", "span outside", "no token", "other text"
MOST_EXCLUDED = 0.1  # beyond, what is left is not the queries that were asked about
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class LabelCheck:
    """``broken`` says by query id why it cannot be measured; ``counts`` counts labels by fault."""

    queries: int
    broken: Mapping[str, str]
    counts: Mapping[str, int]
    remarks: tuple[str, ...]

    @property
    def is_conclusive(self) -> bool:
        """Tell whether enough queries can be measured."""
        return len(self.broken) <= MOST_EXCLUDED * self.queries


def check_labels(queries: Sequence[Query], texts: Mapping[str, str]) -> LabelCheck:
    """Check every label that says something is relevant; the others change no metric."""
    tokens = Tokens(texts)
    broken: dict[str, str] = {}
    faults: dict[str, list[str]] = {}
    for query in queries:
        for label in query.answers:
            fault = _fault(label, texts, tokens)
            if fault:
                broken.setdefault(query.id, f"{fault}: {_name(label)}")
                faults.setdefault(fault, []).append(_name(label))
    return LabelCheck(
        queries=len(queries),
        broken=broken,
        counts={fault: len(labels) for fault, labels in faults.items()},
        remarks=tuple(_remark(fault, labels) for fault, labels in faults.items()),
    )


def _fault(label: Relevant, texts: Mapping[str, str], tokens: Tokens) -> str:
    text = texts.get(label.document_id)
    if text is None:
        return UNKNOWN
    if label.start is None or label.end is None:
        return ""
    if not 0 <= label.start < label.end <= len(text):
        return OUTSIDE
    if not tokens.count(label.document_id, label.start, label.end):
        return EMPTY
    if label.quote and text[label.start : label.end].split() != label.quote.split():
        return CHANGED
    return ""


def _name(label: Relevant) -> str:
    span = "" if label.start is None else f" {label.start}-{label.end}"
    return f"{label.document_id}{span}"


def _remark(fault: str, labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _SHOWN:,} more" if len(labels) > _SHOWN else ""
    what = {
        UNKNOWN: "labels name documents that the index does not hold",
        OUTSIDE: "labels name a span outside their document",
        EMPTY: "labels name a span without any token",
        CHANGED: "labels quote another text than the document has there",
    }[fault]
    return f"{len(labels):,} {what}: {', '.join(labels[:_SHOWN])}{more}."
