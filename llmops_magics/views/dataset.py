"""How datasets look: all of them, one with its first rows, and the schema of its cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, cut, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.datasets.dataset import DatasetVersion
    from llmops_magics.datasets.record import (
        DatasetList,
        DatasetListing,
        DatasetSchema,
        DatasetUse,
        DatasetView,
    )

NAME_CHARACTERS = 80
_VALUE_CHARACTERS = 300
_MAX_COLUMNS = 30
_LATER = ("expected", "tags", "metadata")


def ids(names: Sequence[str], limit: int = 20) -> str:
    """Name the first few ids, and count the rest."""
    return block.names(names, limit)


def shown(value: Any) -> str:
    """Return any value as one text, none as the empty one."""
    return "" if value is None else block.plain(value)


@masked
def dataset_html(dataset: DatasetVersion) -> Markup:
    """Show what a dataset is; its cases are shown by ``show``."""
    return block.outer(
        block.heading(element("strong", abbreviate(dataset.name, NAME_CHARACTERS))),
        block.subline(_amount(dataset)),
    )


@masked
def dataset_text(dataset: DatasetVersion) -> str:
    """Return what a dataset is in one line."""
    name = abbreviate(dataset.name, NAME_CHARACTERS)
    return visible(block.DOT.join([name, *_amount(dataset)]))


@masked
def dataset_list_html(listed: DatasetList) -> Markup:
    """Show one row a dataset."""
    heads = [
        block.head("dataset"),
        block.number_head("newest"),
        block.number_head("cases"),
        *(block.head(title) for title in ("state", "last change", "who", "when")),
    ]
    rows = [_listing_row(each) for each in listed.datasets[: block.MAX_ROWS]]
    return block.outer(
        block.heading(element("strong", plural(len(listed.datasets), "dataset"))),
        block.table("Datasets by name", heads, rows, wide=True) if rows else Markup(),
        block.more(len(listed.datasets) - block.MAX_ROWS, "dataset"),
    )


@masked
def dataset_list_text(listed: DatasetList) -> str:
    """Return one line a dataset."""
    head = ("dataset", "newest", "cases", "state", "when", "last change")
    rows = [
        (
            each.name,
            f"@{each.number}",
            f"{each.case_count:,}",
            "frozen" if each.frozen else "",
            moment(each.created_at)[:10],
            each.message,
        )
        for each in listed.datasets[: block.MAX_ROWS]
    ]
    total = len(listed.datasets)
    lines = columns(head, rows, numbers=(1, 2), noun="dataset", total=total) if rows else []
    return visible("\n".join([plural(total, "dataset"), *lines]))


@masked
def dataset_view_html(view: DatasetView) -> Markup:
    """Show a version: what it is, its first rows, its schema, and where it is used."""
    titles = _columns_of(view)
    rows = [_row(row, titles) for row in view.rows[: block.MAX_ROWS]]
    caption = f"First {len(rows):,} of {plural(view.case_count, 'case')}"
    uses = [element("li", _use(use)) for use in view.uses[: block.MAX_ROWS]]
    title = f"used {view.use_count:,} times, the newest" if view.use_count else "not used yet"
    badge = [block.badge("frozen", style.BLUE)] if view.frozen else []
    return block.outer(
        block.heading(element("strong", abbreviate(view.ref, NAME_CHARACTERS)), *badge),
        block.subline(_facts(view)),
        block.table(caption, [block.head(t) for t in titles], rows, wide=True) if rows else None,
        block.more(len(view.columns) - _MAX_COLUMNS, "column"),
        block.fold(_schema_title(view.is_schema_set), block.block(_json(view.schema))),
        block.fold(title, element("ul", *uses)) if uses else None,
    )


@masked
def dataset_view_text(view: DatasetView) -> str:
    """Return what a version is, and one line a row."""
    titles = _columns_of(view)
    rows = [[shown(row.get(title)) for title in titles] for row in view.rows[: block.MAX_ROWS]]
    state = " (frozen)" if view.frozen else ""
    lines = [f"{view.ref}{state}", f"  {block.DOT.join(_facts(view))}"]
    lines += columns(titles, rows, noun="case", total=view.case_count) if rows else []
    lines += [f"  {_use(use)}" for use in view.uses[: block.MAX_ROWS]]
    return visible("\n".join(lines))


@masked
def dataset_schema_html(schema: DatasetSchema) -> Markup:
    """Show a schema as JSON."""
    new = [block.badge("new version", style.GREEN)] if schema.is_new else []
    return block.outer(
        block.heading(element("strong", abbreviate(schema.ref, NAME_CHARACTERS)), *new),
        block.subline([_schema_title(schema.is_set)]),
        block.block(_json(schema.schema)),
    )


@masked
def dataset_schema_text(schema: DatasetSchema) -> str:
    """Return a schema as JSON, under a line that says what it is."""
    head = f"{schema.ref}{block.DOT}{_schema_title(schema.is_set)}"
    return visible(f"{head}\n{_json(schema.schema)}")


def _amount(dataset: DatasetVersion) -> list[str]:
    version = f"@{dataset.number}" if dataset.number else "not registered"
    names = f"columns {ids(dataset.columns)}" if dataset.columns else ""
    return [version, plural(len(dataset), "case"), names, short_digest(dataset.digest)]


def _listing_row(each: DatasetListing) -> Markup:
    name = abbreviate(each.name, NAME_CHARACTERS)
    return block.row(
        element("th", name, scope="row", dir="auto", style=style.ROW_HEAD),
        element("td", f"@{each.number}", style=style.NUMBER, title=each.digest),
        block.number_cell(f"{each.case_count:,}"),
        block.cell(block.badge("frozen", style.BLUE) if each.frozen else ""),
        block.cell(block.folded(each.message)),
        block.cell(abbreviate(each.author, NAME_CHARACTERS)),
        element("td", moment(each.created_at)[:16], style=style.TIME, title=each.created_at),
    )


def _columns_of(view: DatasetView) -> list[str]:
    there = dict.fromkeys(name for row in view.rows for name in row)
    inputs = [name for name in there if name not in (*_LATER, "id")]
    return ["id", *inputs[:_MAX_COLUMNS], *(name for name in _LATER if name in there)]


def _row(row: dict[str, Any], titles: Sequence[str]) -> Markup:
    cells = [block.cell(block.folded(cut(shown(row.get(t)), 4_000))) for t in titles[1:]]
    head = element("th", shown(row.get("id")), scope="row", style=style.ROW_HEAD_WRAPPED)
    return block.row(head, *cells)


def _facts(view: DatasetView) -> list[str]:
    tags = [f"{abbreviate(t, 40)} {n:,}" for t, n in list(view.tags.items())[:10]]
    facts = [
        view.drawn,
        plural(view.case_count, "case"),
        f"{view.with_expected:,} with an expected answer",
        f"columns {ids(view.columns)}" if view.columns else "",
        f"tags {', '.join(tags)}" if tags else "",
        plural(view.groups, "group") if view.groups else "",
        plural(view.versions, "version") if view.versions else "",
        short_digest(view.digest),
        abbreviate(view.author, NAME_CHARACTERS),
        moment(view.created_at),
    ]
    if view.frozen:
        why = f": {view.frozen.reason}" if view.frozen.reason else ""
        facts.append(abbreviate(f"frozen by {view.frozen.actor}{why}", _VALUE_CHARACTERS))
    return [fact for fact in facts if fact]


def _use(use: DatasetUse) -> str:
    what = {"eval": "evaluated", "test": "tests", "examples": "shown as examples by"}
    words = [what.get(use.what, use.what), use.ref, use.detail, moment(use.at)]
    return abbreviate(" ".join(word for word in words if word), _VALUE_CHARACTERS)


def _schema_title(is_set: bool) -> str:
    return "schema, set by hand: it binds in full" if is_set else "schema, inferred from the cases"


def _json(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2, default=str)
