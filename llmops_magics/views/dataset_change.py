"""How what was done to a dataset looks: an import, an addition, a freeze, an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.dataset import NAME_CHARACTERS, ids
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.datasets.freezing import DatasetFreeze
    from llmops_magics.datasets.record import DatasetChange, DatasetExport

_TEXT_CHARACTERS = 300


@masked
def dataset_change_html(change: DatasetChange) -> Markup:
    """Show the version that came of it, what changed, and what deserves a look."""
    badge = ("new version", style.GREEN) if change.is_new else ("unchanged", style.GREY)
    return block.outer(
        block.heading(element("strong", _name(change.ref)), block.badge(*badge)),
        block.subline(_amounts(change)),
        *(block.fold(title, block.prose(ids(names, 200))) for title, names in _lists(change)),
        *(block.hint(f"⚠ {_note(note)}", style.PART) for note in change.notes[:50]),
    )


@masked
def dataset_change_text(change: DatasetChange) -> str:
    """Return the same in a few lines."""
    state = "new version" if change.is_new else "unchanged"
    lines = [f"{_name(change.ref)}: {state}", f"  {block.DOT.join(_amounts(change))}"]
    lines += [f"  {title}: {ids(names)}" for title, names in _lists(change)]
    lines += [f"  ! {_note(note)}" for note in change.notes[:50]]
    return visible("\n".join(lines))


@masked
def dataset_export_html(export: DatasetExport) -> Markup:
    """Show what was written, and where."""
    path = abbreviate(export.path, _TEXT_CHARACTERS)
    return block.outer(block.heading(element("strong", path)), block.subline(_export_facts(export)))


@masked
def dataset_export_text(export: DatasetExport) -> str:
    """Return the same in one line."""
    path = abbreviate(export.path, _TEXT_CHARACTERS)
    return visible(block.DOT.join([path, *_export_facts(export)]))


@masked
def dataset_freeze_html(freeze: DatasetFreeze) -> Markup:
    """Show whether a name is frozen, since when and why."""
    word = ("frozen", style.BLUE) if freeze.frozen else ("not frozen", style.GREY)
    return block.outer(
        block.heading(element("strong", _name(freeze.name)), block.badge(*word)),
        block.subline(_freeze_facts(freeze)),
    )


@masked
def dataset_freeze_text(freeze: DatasetFreeze) -> str:
    """Return the same in one line."""
    word = "frozen" if freeze.frozen else "not frozen"
    return visible(block.DOT.join([f"{_name(freeze.name)}: {word}", *_freeze_facts(freeze)]))


def _name(name: str) -> str:
    return abbreviate(name, NAME_CHARACTERS)


def _note(note: str) -> str:
    return abbreviate(note, _TEXT_CHARACTERS)


def _amounts(change: DatasetChange) -> list[str]:
    source = abbreviate(change.source, _TEXT_CHARACTERS)
    facts = [
        f"{change.action} of {source}" if source else change.action,
        plural(change.case_count, "case"),
        f"{len(change.added):,} added" if change.added else "",
        f"{len(change.replaced):,} replaced" if change.replaced else "",
        f"{len(change.removed):,} removed" if change.removed else "",
        f"{change.unchanged:,} as they were" if change.unchanged else "",
        short_digest(change.digest),
    ]
    return [fact for fact in facts if fact]


def _lists(change: DatasetChange) -> list[tuple[str, tuple[str, ...]]]:
    lists = {"replaced": change.replaced, "removed": change.removed}
    if change.before:  # of a first version everything is added
        lists = {"added": change.added} | lists
    return [(title, names) for title, names in lists.items() if names]


def _export_facts(export: DatasetExport) -> list[str]:
    facts = [
        _name(export.ref),
        export.drawn,
        plural(export.case_count, "case"),
        f"{export.size_bytes:,} bytes",
        short_digest(export.digest),
    ]
    return [fact for fact in facts if fact]


def _freeze_facts(freeze: DatasetFreeze) -> list[str]:
    reason = abbreviate(freeze.reason, _TEXT_CHARACTERS)
    facts = [
        "" if freeze.changed else "it was so already",
        f"at @{freeze.number}",
        abbreviate(freeze.actor, NAME_CHARACTERS),
        moment(freeze.at),
        f"“{reason}”" if reason else "",
    ]
    return [fact for fact in facts if fact]
