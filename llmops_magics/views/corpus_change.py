"""How what changed in a corpus looks: between two versions, and in its source since one.

There may be any number of ids: the first of each list are shown, and all of them counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.record import format_time
from llmops_magics.views import block, style
from llmops_magics.views.corpus import NAME_CHARACTERS, place, skipped_html, skipped_lines
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.retrieval.corpus.record import (
        CorpusCheck,
        CorpusDiff,
        InclusionProof,
        Skipped,
    )

_SHOWN_IDS = 200
_SHOWN_IN_TEXT = 20
_LISTS = ("added", "removed", "changed")


@dataclass(frozen=True)
class _Change:
    """What is shown of either record."""

    title: str
    state: str
    facts: tuple[str, ...]
    ids: dict[str, tuple[str, ...]]
    rest: dict[str, int]
    skipped: tuple[Skipped, ...] = ()


def corpus_diff_html(diff: CorpusDiff) -> Markup:
    """Show the amounts and the first ids of each kind."""
    return _html(_of_diff(diff))


def corpus_diff_text(diff: CorpusDiff) -> str:
    """Return the same in a few lines."""
    return _text(_of_diff(diff))


def corpus_check_html(check: CorpusCheck) -> Markup:
    """Show whether the source still holds the version, and what it holds instead."""
    return _html(_of_check(check))


def corpus_check_text(check: CorpusCheck) -> str:
    """Return the same in a few lines."""
    return _text(_of_check(check))


@masked
def corpus_proof_html(proof: InclusionProof) -> Markup:
    """Show what is proved of which document; the path is in the record."""
    return block.outer(
        block.heading(element("strong", abbreviate(proof.document_id, NAME_CHARACTERS))),
        block.subline(_proof_facts(proof)),
    )


@masked
def corpus_proof_text(proof: InclusionProof) -> str:
    """Return the same in two lines."""
    name = abbreviate(proof.document_id, NAME_CHARACTERS)
    return visible(f"{name}\n  {block.DOT.join(_proof_facts(proof))}")


def _of_diff(diff: CorpusDiff) -> _Change:
    before, after = (abbreviate(ref, NAME_CHARACTERS) for ref in (diff.before, diff.after))
    state = "the same documents" if diff.is_same else "different"
    return _change(diff, f"{before} → {after}", state, ())


def _of_check(check: CorpusCheck) -> _Change:
    facts = (
        f"read from {place(check.source)}",
        plural(check.document_count, "document"),
        short_digest(check.fingerprint),
        moment(format_time(check.checked_at)),
    )
    state = "up to date" if check.is_same else "the source has changed"
    return _change(check, abbreviate(check.ref, NAME_CHARACTERS), state, facts, check.skipped)


def _change(
    record: CorpusDiff | CorpusCheck,
    title: str,
    state: str,
    facts: tuple[str, ...],
    skipped: tuple[Skipped, ...] = (),
) -> _Change:
    ids: dict[str, tuple[str, ...]] = {name: getattr(record, name) for name in _LISTS}
    amounts = [f"{len(names):,} {name}" for name, names in ids.items()]
    return _Change(
        title=title,
        state=state,
        facts=(*amounts, f"{record.unchanged:,} unchanged", *facts),
        ids={name: names[:_SHOWN_IDS] for name, names in ids.items() if names},
        rest={name: max(0, len(names) - _SHOWN_IDS) for name, names in ids.items()},
        skipped=skipped,
    )


@masked
def _html(change: _Change) -> Markup:
    colour = style.GREY if change.state == "the same documents" else style.AMBER
    colour = style.GREEN if change.state == "up to date" else colour
    return block.outer(
        block.heading(element("strong", change.title), block.badge(change.state, colour)),
        block.subline(change.facts),
        skipped_html(change.skipped),
        *(
            block.fold(
                name,
                block.prose(block.names(ids, _SHOWN_IDS), 50_000),
                block.more(change.rest[name], "document"),
            )
            for name, ids in change.ids.items()
        ),
    )


@masked
def _text(change: _Change) -> str:
    lines = [f"{change.title}: {change.state}", f"  {block.DOT.join(change.facts)}"]
    lines += skipped_lines(change.skipped)
    for name, ids in change.ids.items():
        shown = block.names(ids[:_SHOWN_IN_TEXT], _SHOWN_IN_TEXT)
        rest = len(ids) - _SHOWN_IN_TEXT + change.rest[name]
        lines.append(f"  {name}: {shown}{f' and {rest:,} more' if rest > 0 else ''}")
    return visible("\n".join(lines))


def _proof_facts(proof: InclusionProof) -> list[str]:
    return [
        f"document {proof.index + 1:,} of {proof.size:,} by id",
        f"content {short_digest(proof.digest)}",
        f"in the corpus {short_digest(proof.fingerprint)}",
        plural(len(proof.path), "digest") + " to its root",
        "verified" if proof.verify(proof.fingerprint) else "does not verify",
    ]
