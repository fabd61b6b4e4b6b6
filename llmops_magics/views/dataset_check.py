"""How a check of a dataset looks: what is there twice, and what a prompt shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.dataset import NAME_CHARACTERS, ids
from llmops_magics.views.format import plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_magics.datasets.record import DatasetCheck

_Rows: TypeAlias = "list[tuple[str, ...]]"
_Part: TypeAlias = "tuple[str, tuple[str, ...], _Rows]"  # title, heads, rows


@masked
def dataset_check_html(check: DatasetCheck) -> Markup:
    """Show a table a kind of finding."""
    badge = ("✗ look at these", style.AMBER) if check.found else ("✓ nothing found", style.GREEN)
    tables = [
        block.table(title, [block.head(head) for head in heads], map(_row, rows[: block.MAX_ROWS]))
        for title, heads, rows in _parts(check)
    ]
    rests = [block.more(len(rows) - block.MAX_ROWS, "finding") for _, _, rows in _parts(check)]
    return block.outer(
        block.heading(
            element("strong", abbreviate(check.ref, NAME_CHARACTERS)), block.badge(*badge)
        ),
        block.subline(_facts(check)),
        *(part for pair in zip(tables, rests, strict=True) for part in pair),
    )


@masked
def dataset_check_text(check: DatasetCheck) -> str:
    """Return one line a finding."""
    state = "look at these" if check.found else "nothing found"
    lines = [
        f"{abbreviate(check.ref, NAME_CHARACTERS)}: {state}",
        f"  {block.DOT.join(_facts(check))}",
    ]
    for title, heads, rows in _parts(check):
        lines += [title, *columns(heads, rows, noun="finding")]
    return visible("\n".join(lines))


def _facts(check: DatasetCheck) -> list[str]:
    looked = f"{plural(len(check.prompts), 'prompt')} looked through"
    return [
        plural(check.case_count, "case"),
        f"near means a Jaccard index of {check.threshold:g} or more",
        looked,
        *([] if check.is_complete else ["the search for near pairs stopped at its limit"]),
    ]


def _parts(check: DatasetCheck) -> Iterator[_Part]:
    if check.exact:
        rows: _Rows = [
            (ids(group.ids, 10), "different answers" if group.conflicting else "the same answer")
            for group in check.exact
        ]
        yield f"{plural(len(rows), 'input')} there more than once", ("cases", "expecting"), rows
    if check.near:
        near: _Rows = [(p.first, p.second, f"{p.similarity:.2f}") for p in check.near]
        title = f"{plural(len(near), 'pair')} nearly the same"
        yield title, ("case", "and case", "similarity"), near
    if check.leaks:
        leaks: _Rows = [
            (leak.case_id, leak.prompt, leak.place, f"{leak.similarity:.2f}")
            for leak in check.leaks
        ]
        title = f"{plural(len(leaks), 'case')} that a prompt shows"
        yield title, ("case", "prompt", "where", "similarity"), leaks


def _row(cells: Sequence[str]) -> Markup:
    return block.row(*(block.cell(abbreviate(cell, 400)) for cell in cells))
