"""How the difference between two versions of a dataset looks: by case, and field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.dataset import NAME_CHARACTERS, ids, shown
from llmops_magics.views.difference import words
from llmops_magics.views.format import plural
from llmops_magics.views.markup import Markup, abbreviate, cut, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.datasets.diff import CaseChange, DatasetDiff, FieldChange

_VALUE_CHARACTERS = 2_000
_LINE_CHARACTERS = 120
_ABSENT = "(not there)"


@masked
def dataset_diff_html(diff: DatasetDiff) -> Markup:
    """Show the amounts, the ids that came and went, and each changed field."""
    rows = [_row(case, field) for case in diff.changed for field in case.fields]
    heads = [block.head(title) for title in ("case", "field", "what changed")]
    state = ("the same cases", style.GREY) if diff.is_same else ("different", style.AMBER)
    return block.outer(
        block.heading(element("strong", _title(diff)), block.badge(*state)),
        block.subline(_amounts(diff)),
        *(block.fold(title, block.prose(ids(names, 200))) for title, names in _lists(diff)),
        block.table("Changed fields", heads, rows[: block.MAX_ROWS], wide=True) if rows else None,
        block.more(len(rows) - block.MAX_ROWS, "changed field"),
    )


@masked
def dataset_diff_text(diff: DatasetDiff) -> str:
    """Return the amounts, and a line for each side of a changed field."""
    lines = [_title(diff), f"  {block.DOT.join(_amounts(diff))}"]
    lines += [f"  {title}: {ids(names)}" for title, names in _lists(diff)]
    for case in diff.changed[: block.MAX_ROWS]:
        lines.append(f"  {case.id}")
        for field in case.fields:
            before, after = (abbreviate(text, _LINE_CHARACTERS) for text in _sides(field))
            lines += [f"    {field.field}: -{before}", f"    {field.field}: +{after}"]
    rest = len(diff.changed) - block.MAX_ROWS
    lines += [f"  and {plural(rest, 'more changed case')} in the record"] if rest > 0 else []
    return visible("\n".join(lines))


def _title(diff: DatasetDiff) -> str:
    before, after = (abbreviate(ref, NAME_CHARACTERS) for ref in (diff.before, diff.after))
    return f"{before} → {after}"


def _amounts(diff: DatasetDiff) -> list[str]:
    facts = [
        f"{len(diff.added):,} added",
        f"{len(diff.removed):,} removed",
        f"{len(diff.changed):,} changed",
        f"{diff.unchanged:,} unchanged",
        f"{len(diff.renamed):,} only under another id" if diff.renamed else "",
        "in another order" if diff.is_reordered else "",
        f"columns added: {ids(diff.added_columns)}" if diff.added_columns else "",
        f"columns removed: {ids(diff.removed_columns)}" if diff.removed_columns else "",
        "another schema" if diff.is_schema_changed else "",
    ]
    return [fact for fact in facts if fact]


def _lists(diff: DatasetDiff) -> list[tuple[str, tuple[str, ...]]]:
    renamed = tuple(f"{before} → {after}" for before, after in diff.renamed)
    lists = {"added": diff.added, "removed": diff.removed, "only under another id": renamed}
    return [(title, names) for title, names in lists.items() if names]


def _row(case: CaseChange, field: FieldChange) -> Markup:
    before, after = (cut(text, _VALUE_CHARACTERS) for text in _sides(field))
    case_id = abbreviate(case.id, NAME_CHARACTERS)
    return block.row(
        element("th", case_id, scope="row", style=style.ROW_HEAD_WRAPPED),
        block.cell(abbreviate(field.field, NAME_CHARACTERS)),
        element("td", words(before, after), dir="auto", style=style.CELL),
    )


def _sides(field: FieldChange) -> tuple[str, str]:
    return (
        shown(field.before) if field.was_there else _ABSENT,
        shown(field.after) if field.is_there else _ABSENT,
    )
