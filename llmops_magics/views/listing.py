"""How lists of prompts look: all of them, those that include one, what was carried or put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.label import label_badges, pointing_badges
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.prompts.listing import (
        Dependent,
        PromptArchive,
        PromptDependents,
        PromptFile,
        PromptList,
        PromptListing,
        PromptTransfer,
    )

_NAME_CHARACTERS = 80
_TEXT_CHARACTERS = 200


def prompt_list_html(listed: PromptList) -> Markup:
    """Show one row a prompt, with where its labels point."""
    prompts = listed.prompts
    heads = [
        block.head("prompt"),
        block.number_head("newest"),
        *(block.head(title) for title in ("labels", "description", "last change", "who", "when")),
    ]
    rows = [_listing_row(prompt) for prompt in prompts[: block.MAX_ROWS]]
    return block.outer(
        block.heading(element("strong", plural(len(prompts), "prompt"))),
        block.table("Prompts by name", heads, rows, wide=True) if rows else Markup(),
        block.more(len(prompts) - block.MAX_ROWS, "prompt"),
    )


def prompt_list_text(listed: PromptList) -> str:
    """Return one line a prompt."""
    head = ("prompt", "newest", "labels", "when", "what it is, or what changed")
    rows = [
        (
            prompt.name + (" (archived)" if prompt.archived else ""),
            f"@{prompt.number}",
            ", ".join(f"{label} @{number}" for label, number in prompt.labels.items()),
            moment(prompt.created_at)[:10],
            prompt.description or prompt.message,
        )
        for prompt in listed.prompts[: block.MAX_ROWS]
    ]
    lines = (
        columns(head, rows, numbers=(1,), noun="prompt", total=len(listed.prompts)) if rows else []
    )
    return visible("\n".join([plural(len(listed.prompts), "prompt"), *lines]))


def prompt_dependents_html(found: PromptDependents) -> Markup:
    """Show the live versions that include a prompt, and whether they hold its newest version."""
    dependents = found.dependents
    columns_ = ("version", "labels", "holds", "included through", "reading")
    rows = [_dependent_row(found, each) for each in dependents[: block.MAX_ROWS]]
    caption = f"Live versions that include {abbreviate(found.name, _NAME_CHARACTERS)}"
    return block.outer(
        block.heading(element("strong", found.name), f"newest is @{found.newest}"),
        block.subline([_dependent_amount(found)]),
        block.table(caption, [block.head(title) for title in columns_], rows) if rows else Markup(),
        block.more(len(dependents) - block.MAX_ROWS, "version"),
    )


def prompt_dependents_text(found: PromptDependents) -> str:
    """Return one line a version that includes the prompt."""
    head = ("version", "labels", "holds", "reading", "included through")
    rows = [
        (
            f"{each.name}@{each.number}",
            ", ".join(each.labels),
            f"@{each.included}",
            "behind" if each.is_behind else "up to date",
            _through(each),
        )
        for each in found.dependents[: block.MAX_ROWS]
    ]
    title = f"{found.name}, newest @{found.newest}{block.DOT}{_dependent_amount(found)}"
    return visible(
        "\n".join(
            [
                title,
                *(columns(head, rows, noun="version", total=len(found.dependents)) if rows else []),
            ]
        )
    )


def prompt_transfer_html(transfer: PromptTransfer) -> Markup:
    """Show the files that were written or read."""
    is_import = transfer.action == "import"
    titles = ("file", "version", "digest", *(["what it did"] if is_import else []))
    rows = [_file_row(file, is_import) for file in transfer.files[: block.MAX_ROWS]]
    caption = "Files read" if is_import else "Files written"
    return block.outer(
        block.heading(element("strong", _transfer_amount(transfer))),
        block.table(caption, [block.head(title) for title in titles], rows) if rows else Markup(),
        block.more(len(transfer.files) - block.MAX_ROWS, "file"),
    )


def prompt_transfer_text(transfer: PromptTransfer) -> str:
    """Return one line a file."""
    is_import = transfer.action == "import"
    rows = [
        (file.ref, short_digest(file.digest), _file_words(file) if is_import else "", file.path)
        for file in transfer.files[: block.MAX_ROWS]
    ]
    head = ("version", "digest", "what it did", "file")
    lines = columns(head, rows, noun="file", total=len(transfer.files)) if rows else []
    return visible("\n".join([_transfer_amount(transfer), *lines]))


def prompt_archive_html(archive: PromptArchive) -> Markup:
    """Show what was put away or taken out again, and what still includes it."""
    held = archive.dependents
    listed = [
        element("div", f"Live versions that go on including it: {plural(len(held), 'version')}"),
        block.bullets([abbreviate(ref, _NAME_CHARACTERS) for ref in held[: block.MAX_ROWS]]),
        block.more(len(held) - block.MAX_ROWS, "version"),
    ]
    return block.outer(
        block.heading(
            element("strong", archive.name),
            block.badge("archived" if archive.archived else "restored", style.GREY),
            *([] if archive.changed else [block.badge("nothing was written", style.GREY)]),
        ),
        block.subline([archive.actor, moment(archive.at), _reason(archive)]),
        *(listed if held else []),
    )


def prompt_archive_text(archive: PromptArchive) -> str:
    """Return what happened in one line."""
    done = "archived" if archive.archived else "restored"
    state = done if archive.changed else f"{done} already: nothing was written"
    parts = (f"{archive.name}: {state}", archive.actor, moment(archive.at), _reason(archive))
    lines = [block.DOT.join([part for part in parts if part])]
    if archive.dependents:
        lines.append(f"  still included by {block.names(archive.dependents, 10)}")
    return visible("\n".join(lines))


def _listing_row(prompt: PromptListing) -> Markup:
    name = abbreviate(prompt.name, _NAME_CHARACTERS)
    archived = [" ", block.badge("archived", style.AMBER)] if prompt.archived else []
    return block.row(
        element("th", name, *archived, scope="row", dir="auto", style=style.ROW_HEAD),
        element("td", f"@{prompt.number}", style=style.NUMBER, title=prompt.digest),
        block.cell(pointing_badges(prompt.labels)),
        block.cell(block.folded(prompt.description, _TEXT_CHARACTERS)),
        block.cell(block.folded(prompt.message, _TEXT_CHARACTERS)),
        block.cell(abbreviate(prompt.author, _NAME_CHARACTERS)),
        element("td", moment(prompt.created_at)[:16], style=style.TIME, title=prompt.created_at),
    )


def _dependent_row(found: PromptDependents, each: Dependent) -> Markup:
    colour = style.AMBER if each.is_behind else style.GREEN
    reading = f"▼ behind @{found.newest}" if each.is_behind else "✓ up to date"
    return block.row(
        element(
            "th",
            f"{abbreviate(each.name, _NAME_CHARACTERS)}@{each.number}",
            scope="row",
            style=style.first_cell(colour),
        ),
        block.cell(label_badges(each.labels)),
        block.cell(f"@{each.included}"),
        block.cell(_through(each)),
        block.cell(block.badge(reading, colour)),
    )


def _through(each: Dependent) -> str:
    if not each.through:
        return "directly"
    return " → ".join(abbreviate(name, _NAME_CHARACTERS) for name in each.through[:10])


def _dependent_amount(found: PromptDependents) -> str:
    if not found.dependents:
        return "no live version includes it"
    behind = sum(each.is_behind for each in found.dependents)
    held = f"{behind:,} with an older version of it" if behind else "all with its newest version"
    return f"{plural(len(found.dependents), 'live version')}, {held}"


def _file_row(file: PromptFile, is_import: bool) -> Markup:
    badge = block.badge(_file_words(file), style.GREEN if file.is_new else style.GREY)
    return block.row(
        element("th", block.folded(file.path), scope="row", style=style.ROW_HEAD_WRAPPED),
        block.cell(abbreviate(file.ref, _NAME_CHARACTERS)),
        element("td", short_digest(file.digest), style=style.TIME, title=file.digest),
        *([block.cell(badge)] if is_import else []),
    )


def _file_words(file: PromptFile) -> str:
    return "new version" if file.is_new else "unchanged"


def _transfer_amount(transfer: PromptTransfer) -> str:
    files = plural(len(transfer.files), "file")
    if transfer.action != "import":
        return f"{files} written"
    return f"{files} read, {plural(sum(f.is_new for f in transfer.files), 'new version')}"


def _reason(archive: PromptArchive) -> str:
    return f"“{abbreviate(archive.reason, _TEXT_CHARACTERS)}”" if archive.reason else ""
