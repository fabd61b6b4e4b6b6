"""How the state of an index looks: what is fresh and what is not, its age, the rules on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.record import format_time
from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, moment, number, plural, share
from llmops_magics.views.index import NAME_CHARACTERS, manifest_facts
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.retrieval.index.age import Ages
    from llmops_magics.retrieval.index.status import IndexStatus, RuleOutcome
    from llmops_magics.retrieval.index.verification import IndexVerification

_SHOWN_IDS = 10
_STATES = {
    "fresh": "indexed as they are now",
    "stale": "changed since they were indexed",
    "missing": "not indexed, or not in full",
    "orphaned": "indexed, and gone from the source",
}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def index_status_html(status: IndexStatus) -> Markup:
    """Show the rules first, then documents by state, then chunks and ages."""
    return block.outer(
        block.heading(
            element("strong", abbreviate(status.corpus, NAME_CHARACTERS)), _badge(status)
        ),
        block.subline(_summary(status)),
        block.bullets(status.remarks) if status.remarks else None,
        _rules(status.rules),
        block.table("Documents", _heads("state", "documents"), _states(status)),
        block.table("Chunks", _heads("state", "chunks"), _chunks(status)),
        _ages(status),
        block.fold("the index", block.facts("The index", manifest_facts(status.manifest))),
    )


def index_status_text(status: IndexStatus) -> str:
    """Return the same in a line each."""
    word = status.verdict or ("current" if status.is_current else "not current")
    lines = [f"{abbreviate(status.corpus, NAME_CHARACTERS)}: {word}"]
    lines.append(f"  {block.DOT.join(part for part in _summary(status) if part)}")
    lines += [f"  ! {remark}" for remark in status.remarks]
    lines += [f"  {_rule_line(rule)}" for rule in status.rules]
    rows = [(name, count(n), part, ids) for name, n, part, ids in _state_rows(status)]
    lines += columns(
        ("documents", "n", "share", "for example"), rows, numbers=(1, 2), noun="state", total=4
    )
    lines.append(f"  chunks: {_chunk_line(status)}")
    lines += [f"  {name}: {_age_line(ages)}" for name, ages in _age_rows(status)]
    return visible("\n".join(lines))


def index_verification_html(found: IndexVerification) -> Markup:
    """Show whether an index is sound, and what was found."""
    word, colour = ("✓ sound", style.GREEN) if found.is_sound else ("✗ not sound", style.RED)
    return block.outer(
        block.heading(
            element("strong", abbreviate(found.corpus, NAME_CHARACTERS)), block.badge(word, colour)
        ),
        block.subline([moment(format_time(found.verified_at))]),
        block.facts("What was read", _verified(found)),
        block.fold("chunks with findings", block.bullets(map(_short, found.examples)))
        if found.examples
        else None,
    )


def index_verification_text(found: IndexVerification) -> str:
    """Return the same in a line each."""
    lines = [
        f"{abbreviate(found.corpus, NAME_CHARACTERS)}: {'sound' if found.is_sound else 'not sound'}"
    ]
    lines += [f"  {name}: {value}" for name, value in _verified(found).items()]
    lines += [f"  ! {_short(each)}" for each in found.examples[:_SHOWN_IDS]]
    return visible("\n".join(lines))


def _badge(status: IndexStatus) -> Markup:
    if status.verdict:
        words = block.verdict_words(status.verdict)
        return block.badge(words, block.verdict_colour(status.verdict))
    if not status.is_compared:
        return block.badge("? sources unknown", style.AMBER)
    is_current = status.is_current
    return block.badge(
        *(("✓ current", style.GREEN) if is_current else ("✗ not current", style.RED))
    )


def _summary(status: IndexStatus) -> list[str]:
    against = abbreviate(status.compared_with, NAME_CHARACTERS)
    confirmed = status.confirmed_at
    return [
        plural(status.documents, "document"),
        plural(status.chunks, "chunk"),
        f"held against {against}" if status.is_compared else against,
        f"confirmed {moment(format_time(confirmed))}" if confirmed else "",
        f"looked at {moment(format_time(status.checked_at))}",
    ]


def _rules(rules: tuple[RuleOutcome, ...]) -> Markup:
    if not rules:
        return Markup()
    heads = [block.marked_head("rule"), block.head("verdict"), block.head("reason")]
    rows = [_rule_row(rule) for rule in rules[: block.MAX_ROWS]]
    return block.table("Rules", heads, rows, wide=True)


def _rule_row(rule: RuleOutcome) -> Markup:
    colour = block.verdict_colour(rule.verdict)
    return block.row(
        element("th", block.folded(rule.rule), scope="row", style=style.first_cell(colour)),
        block.cell(block.badge(block.verdict_words(rule.verdict), colour)),
        block.cell(element("div", abbreviate(rule.reason, 300), dir="auto")),
    )


def _rule_line(rule: RuleOutcome) -> str:
    return f"{rule.verdict}  {rule.rule}{block.DOT}{abbreviate(rule.reason, 300)}"


def _heads(first: str, noun: str) -> list[Markup]:
    heads = [block.head(first), block.number_head(noun), block.number_head("share")]
    return [*heads, block.head("for example" if noun == "documents" else "what that is")]


def _state_rows(status: IndexStatus) -> list[tuple[str, int, str, str]]:
    total = status.documents or None
    rows = []
    for state, meaning in _STATES.items():
        n = getattr(status, state)
        ids = block.names([abbreviate(i, 60) for i in status.examples.get(state, ())], _SHOWN_IDS)
        rows.append((state, n, share(n / total) if total else NOTHING, ids if n else meaning))
    return rows


def _states(status: IndexStatus) -> list[Markup]:
    return [
        block.row(
            block.row_head(state),
            block.number_cell(count(n)),
            block.number_cell(part),
            block.cell(element("div", ids, dir="auto")),
        )
        for state, n, part, ids in _state_rows(status)
    ]


def _chunk_rows(status: IndexStatus) -> list[tuple[str, int, str]]:
    return [
        ("lost", status.lost_chunks, "should be in the store, and are not"),
        ("unknown", status.unknown_chunks, "are in the store, and should not be"),
        ("duplicate", status.duplicate_chunks, "have a content that another chunk has"),
        ("other model", status.other_model_chunks, "embedded by another model than now"),
    ]


def _chunks(status: IndexStatus) -> list[Markup]:
    total = status.chunks or None
    return [
        block.row(
            block.row_head(name),
            block.number_cell(count(n)),
            block.number_cell(share(n / total) if total else NOTHING),
            block.cell(meaning),
        )
        for name, n, meaning in _chunk_rows(status)
    ]


def _chunk_line(status: IndexStatus) -> str:
    found = ", ".join(f"{n:,} {name}" for name, n, _ in _chunk_rows(status))
    return f"{status.store_chunks:,} of {status.chunks:,} in the store; {found}"


def _age_rows(status: IndexStatus) -> list[tuple[str, Ages]]:
    return [("source age", status.source_age), ("indexed age", status.indexed_age)]


def _ages(status: IndexStatus) -> Markup:
    heads = [block.head("age"), *(block.number_head(t) for t in ("p50", "p95", "max", "unknown"))]
    rows = [
        block.row(
            block.row_head(name),
            *(block.number_cell(_age(each)) for each in (ages.p50_s, ages.p95_s, ages.max_s)),
            block.number_cell(count(ages.unknown)),
        )
        for name, ages in _age_rows(status)
    ]
    return block.table("Ages", heads, rows)


def _age_line(ages: Ages) -> str:
    times = zip(("p50", "p95", "max"), (ages.p50_s, ages.p95_s, ages.max_s), strict=True)
    said = ", ".join(f"{name} {_age(each)}" for name, each in times)
    return said + (f", {ages.unknown:,} unknown" if ages.unknown else "")


def _age(seconds: float | None) -> str:
    if seconds is None:
        return NOTHING
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds / size:.1f} {unit}"


def _verified(found: IndexVerification) -> dict[str, str]:
    same = "the one it was built with" if found.embedder_is_same else "another one than it was"
    return {
        "chunks": f"{found.store_chunks:,} of {found.chunks:,} in the store",
        "lost": count(found.lost),
        "unknown": count(found.unknown),
        "altered": f"{found.altered:,} with another text or metadata than was written",
        "misshapen": f"{found.misshapen:,} vectors of another length or without direction",
        "embedder": same,
        "embedded again": f"{found.sampled:,}, {found.differing:,} of them with another vector",
        "lowest cosine": number(found.lowest_cosine),
    }


def _short(chunk_id: str) -> str:
    return abbreviate(chunk_id, 90)
