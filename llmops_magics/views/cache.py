"""How the cache looks: what it holds and saved, what was taken out, and false hits by threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.embedded import size
from llmops_magics.views.format import NOTHING, count, moment, money, plural, share
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.retrieval.semantic import NearPair, Rate, SemanticMeasurement
    from llmops_magics.workbench.answers import CacheChange, CachedModel, CacheStatus

_STATUS = ("model", "answers", "size", "oldest", "newest")
_RATES = ("threshold", "hits", "95%", "false hits", "95%")
_CHARACTERS = 80


def cache_status_html(status: CacheStatus) -> Markup:
    """Show the totals and a row a model."""
    first, *others = _STATUS
    heads = [block.head(first), *map(block.number_head, others)]
    rows = [
        block.row(
            block.row_head(abbreviate(cells[0], _CHARACTERS)), *map(block.number_cell, cells[1:])
        )
        for cells in map(_cells, status.models[: block.MAX_ROWS])
    ]
    return block.outer(
        block.heading(element("strong", plural(status.answers, "stored answer"))),
        block.subline(_totals(status)),
        block.table("By model", heads, rows) if rows else None,
        block.more(len(status.models) - block.MAX_ROWS, "model"),
        block.hint(status.semantic),
    )


def cache_status_text(status: CacheStatus) -> str:
    """Return the totals and a line a model."""
    lines = [plural(status.answers, "stored answer"), block.DOT.join(_totals(status))]
    if status.models:
        cells = [_cells(each) for each in status.models[: block.MAX_ROWS]]
        lines += columns(_STATUS, cells, numbers=range(1, 5), gives_way=0)
    return visible("\n".join([*lines, status.semantic]))


def cache_change_html(change: CacheChange) -> Markup:
    """Say what is gone and what is left."""
    return block.outer(
        block.heading(element("strong", _removed(change))), block.subline(_left(change))
    )


def cache_change_text(change: CacheChange) -> str:
    """Say what is gone and what is left."""
    return visible(block.DOT.join([_removed(change), *_left(change)]))


def semantic_measurement_html(measured: SemanticMeasurement) -> Markup:
    """Show both rates by threshold, and the pairs that would go wrong first."""
    heads = [block.number_head(title) for title in _RATES]
    rows = [block.row(*map(block.number_cell, cells)) for cells in _rates(measured)]
    return block.outer(
        block.heading(_badge(measured), element("strong", "Semantic caching, measured")),
        block.subline(_source(measured)),
        element("div", measured.reason, dir="auto"),
        block.table(
            "Hits of pairs that are the same, false hits of pairs that differ", heads, rows
        ),
        _pairs("Different, and nearest", measured.nearest_different),
        _pairs("The same, and farthest", measured.farthest_same),
        element("div", _STAYS_OFF, style=style.SMALL),
    )


def semantic_measurement_text(measured: SemanticMeasurement) -> str:
    """Return both rates by threshold, and the pairs that would go wrong first."""
    lines = [measured.reason, block.DOT.join(_source(measured)), ""]
    lines += columns(_RATES, _rates(measured), numbers=range(5))
    for title, pairs in (
        ("different, and nearest:", measured.nearest_different),
        ("the same, and farthest:", measured.farthest_same),
    ):
        lines += ["", title]
        lines += [f"  {near.similarity:.3f}  {_both(near)}" for near in pairs]
    return visible("\n".join([*lines, "", _STAYS_OFF]))


_STAYS_OFF = (
    "It stays off: this version measures, and has no semantic look-up. The rates hold for pairs "
    "like these; a threshold chosen on them is to be checked on others."
)


def _cells(each: CachedModel) -> tuple[str, ...]:
    times = (moment(each.oldest_at), moment(each.newest_at))
    return (each.model, count(each.answers), size(each.size_bytes), *times)


def _totals(status: CacheStatus) -> list[str]:
    saved = f"saved {money(status.saved_usd)} in {plural(status.hits, 'hit')}"
    if status.unpriced_hits:
        saved += f", {count(status.unpriced_hits)} of them unpriced"
    oldest = f"oldest {moment(status.oldest_at)}" if status.oldest_at else ""
    kept = f"kept {status.max_age_days:g} days, {count(status.max_answers)} at most"
    return [part for part in (size(status.size_bytes), saved, oldest, kept) if part]


def _removed(change: CacheChange) -> str:
    of = f" of {abbreviate(change.model, _CHARACTERS)}" if change.model else ""
    return f"{plural(change.removed, 'answer')}{of} deleted"


def _left(change: CacheChange) -> list[str]:
    return [f"{plural(change.left, 'answer')} left"]


def _badge(measured: SemanticMeasurement) -> Markup:
    if measured.usable is None:
        return block.badge("✗ no threshold works", style.RED)
    return block.badge(f"? from {measured.usable:g}", style.AMBER)


def _source(measured: SemanticMeasurement) -> list[str]:
    return [
        abbreviate(measured.source, _CHARACTERS),
        f"{plural(measured.same, 'pair')} the same, {count(measured.different)} different",
        measured.embedder,
        f"at most {share(measured.most_false)} false hits may be borne",
    ]


def _rates(measured: SemanticMeasurement) -> list[tuple[str, ...]]:
    return [
        (
            f"{row.threshold:g}",
            share(row.hit.rate),
            _ends(row.hit),
            share(row.false_hit.rate),
            _ends(row.false_hit),
        )
        for row in measured.rows
    ]


def _ends(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return NOTHING
    return f"{share(rate.low)} to {share(rate.high)}"


def _both(near: NearPair) -> str:
    return f"{abbreviate(near.first, _CHARACTERS)}  |  {abbreviate(near.second, _CHARACTERS)}"


def _pairs(caption: str, pairs: tuple[NearPair, ...]) -> Markup:
    rows = [
        block.row(
            block.number_cell(f"{near.similarity:.3f}"),
            block.cell(abbreviate(near.first, _CHARACTERS)),
            block.cell(abbreviate(near.second, _CHARACTERS)),
        )
        for near in pairs
    ]
    heads = [block.number_head("cosine"), block.head("a"), block.head("b")]
    return block.table(caption, heads, rows) if rows else Markup()
