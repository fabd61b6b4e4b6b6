"""How much of the reference spans was fetched, and how much else: recall, precision and IoU.

With T the tokens in the reference spans and C those in the fetched chunks, each a union, so that
what overlapping chunks share counts once::

    token_recall    |T and C| / |T|
    token_precision |T and C| / |C|
    token_iou       |T and C| / |T or C|

Spans are character offsets, so a passage that stands twice in a document is told from its twin;
searching for a chunk's text, as others do, cannot.

Source: Smith and Troynikov (2024), Evaluating Chunking Strategies for Retrieval, Chroma; there
C counts a token as often as it was fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from llmops_magics.retrieval.measure.text import Tokens

SPAN_METRICS = ("token_recall", "token_precision", "token_iou")
Spans: TypeAlias = Mapping[str, Sequence[tuple[int, int]]]


class SpanScores(NamedTuple):
    """Three shares; ``fetched`` is how many tokens C has."""

    recall: float
    precision: float
    iou: float
    fetched: int


def unions(spans: Iterable[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    """Join spans (document, start, end) that overlap or touch, by document, in order."""
    by_document: dict[str, list[tuple[int, int]]] = {}
    for document, start, end in sorted(spans):
        own = by_document.setdefault(document, [])
        if own and start <= own[-1][1]:
            own[-1] = (own[-1][0], max(own[-1][1], end))
        else:
            own.append((start, end))
    return by_document


def span_scores(reference: Spans, fetched: Spans, tokens: Tokens) -> SpanScores:
    """Compare two unions; all 0 where nothing was fetched.

    Raises ``ZeroDivisionError`` for a reference without a token: ``label.check_labels`` leaves
    such a query out.
    """
    wanted, found = _tokens_in(reference, tokens), _tokens_in(fetched, tokens)
    common = sum(
        _shared(document, spans, fetched.get(document, ()), tokens)
        for document, spans in reference.items()
    )
    return SpanScores(
        recall=common / wanted,
        precision=common / found if found else 0.0,
        iou=common / (wanted + found - common),
        fetched=found,
    )


def _tokens_in(spans: Spans, tokens: Tokens) -> int:
    return sum(tokens.count(document, *span) for document, own in spans.items() for span in own)


def _shared(
    document: str,
    ours: Sequence[tuple[int, int]],
    theirs: Sequence[tuple[int, int]],
    tokens: Tokens,
) -> int:
    """Count the tokens that lie in both of two ordered unions."""
    count = i = j = 0
    while i < len(ours) and j < len(theirs):
        start, end = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if start < end:
            count += tokens.count(document, start, end)
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return count
