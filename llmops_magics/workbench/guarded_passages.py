"""Passages at the boundary ``retrieval``: one that is refused stays behind, the others move up.

One poisoned document must not take the answer away from everybody: so a refusal drops its passage
and raises nothing. Where a detector could not look, nothing is handed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llmops_magics.guard.boundary.asking import settle
from llmops_magics.guard.boundary.boundaries import Boundaries
from llmops_magics.guard.boundary.crossing import NO_SETTING, Crossing
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
    crossings = [
        Crossing(text=text, boundary="retrieval", subject=redact(f"{corpus}/{each.key}"[:300]))
        for each in passages
        for text in (each.title, each.text)
    ]
    outcome = boundaries.survey(crossings, NO_SETTING)
    unread = [c for c in outcome.checked if c.decision.action == "block" and c.decision.failed]
    if unread:
        raise blocked_error(unread)
    answers = [settle(boundaries.pending, question).state for question in outcome.questions]
    passes = {"allow", "flag", "redact"}
    passes |= {"ask"} if answers and set(answers) == {"allow"} else set()
    parts = [c.text if c.decision.action in passes else None for c in outcome.checked]
    pairs = zip(passages, parts[::2], parts[1::2], strict=True)
    return [_with_parts(passage, title, text) for passage, title, text in pairs]


def _with_parts(passage: Passage, title: str | None, text: str | None) -> Passage | None:
    if title is None or text is None:
        return None
    if (title, text) == (passage.title, passage.text):
        return passage
    return replace(passage, title=title, text=text)


def _ranked(passages: Sequence[Passage | None]) -> list[Passage]:
    kept = [passage for passage in passages if passage is not None]
    if len(kept) == len(passages):
        return kept
    return [replace(passage, rank=rank) for rank, passage in enumerate(kept, 1)]
