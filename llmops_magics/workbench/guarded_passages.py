"""Passages at the boundary ``retrieval``: one that is refused stays behind, the others move up.

One poisoned document must not take the answer away from everybody: so a refusal drops its passage
and raises nothing. Where a detector could not look, nothing is handed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from llmops_magics.guard.boundary.asking import settle
from llmops_magics.guard.boundary.boundaries import Boundaries
from llmops_magics.guard.boundary.crossing import NO_SETTING, Crossing
from llmops_magics.guard.boundary.leaf import leaves, with_texts
from llmops_magics.guard.boundary.refusal import blocked_error
from llmops_magics.redaction import redact
from llmops_magics.retrieval.passage import Passage


def checked_passages(
    boundaries: Boundaries, corpus: str, found: Sequence[Sequence[Passage]]
) -> list[list[Passage]]:
    """Return the passages of several questions as they may go on, ranked anew where one is gone.

    Raises ``BlockedError`` where a detector could not look and a policy could have refused.
    """
    flat = [passage for passages in found for passage in passages]
    checked = iter(_checked(boundaries, corpus, flat))
    return [_ranked([next(checked) for _ in passages]) for passages in found]


def _checked(
    boundaries: Boundaries, corpus: str, passages: Sequence[Passage]
) -> list[Passage | None]:
    """Return what may go on of each passage, None for one that stays behind."""
    parts = [leaves(_said(each)) for each in passages]
    crossings = [
        Crossing(text=leaf.text, boundary="retrieval", subject=_subject(corpus, passage))
        for passage, each in zip(passages, parts, strict=True)
        for leaf in each
    ]
    outcome = boundaries.survey(crossings, NO_SETTING)
    unread = [c for c in outcome.checked if c.decision.action == "block" and c.decision.failed]
    if unread:
        raise blocked_error(unread)
    answers = [settle(boundaries.pending, question).state for question in outcome.questions]
    passes = {"allow", "flag", "redact"}
    passes |= {"ask"} if answers and set(answers) == {"allow"} else set()
    texts = iter([c.text if c.decision.action in passes else None for c in outcome.checked])
    pairs = zip(passages, parts, strict=True)
    return [_with_texts(passage, list(islice(texts, len(each)))) for passage, each in pairs]


def _said(passage: Passage) -> list[Any]:
    """Return all of a passage that may be shown to a model."""
    return [passage.title, passage.text, passage.source, dict(passage.metadata)]


def _subject(corpus: str, passage: Passage) -> str:
    return redact(f"{corpus}/{passage.key}"[:1_000])[:300]


def _with_texts(passage: Passage, texts: Sequence[str | None]) -> Passage | None:
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    said = _said(passage)
    if known == [leaf.text for leaf in leaves(said)]:
        return passage
    title, text, source, metadata = with_texts(said, iter(known))
    return replace(passage, title=title, text=text, source=source, metadata=metadata)


def _ranked(passages: Sequence[Passage | None]) -> list[Passage]:
    kept = [passage for passage in passages if passage is not None]
    if len(kept) == len(passages):
        return kept
    return [replace(passage, rank=rank) for rank, passage in enumerate(kept, 1)]
