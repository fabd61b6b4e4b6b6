"""How corpora look: one version, all of them, the history of one, its first documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.record import format_time
from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, cut, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from llmops_magics.retrieval.corpus.record import (
        CorpusList,
        CorpusLog,
        CorpusSource,
        CorpusVersion,
        CorpusView,
        DocumentRow,
        Skipped,
    )

NAME_CHARACTERS = 80
_TEXT_CHARACTERS = 300
_SHOWN_NAMES = 10
_HINT = "%llm_corpus add handbook docs/ reads a folder."


def corpus_version_html(version: CorpusVersion) -> Markup:
    """Show the version that came of adding, and what was skipped."""
    return _version_html(version)


def corpus_version_text(version: CorpusVersion) -> str:
    """Return the same in a few lines."""
    return _version_text(version)


@dataclass(frozen=True)
class _Page:
    """The versions that a list or a log shows, and how many there are."""

    title: str
    facts: tuple[str, ...]
    caption: str
    noun: str
    versions: tuple[CorpusVersion, ...]
    total: int


def corpus_list_html(listed: CorpusList) -> Markup:
    """Show one row a corpus."""
    return _page_html(_of_list(listed))


def corpus_list_text(listed: CorpusList) -> str:
    """Return one line a corpus."""
    return _page_text(_of_list(listed))


def corpus_log_html(log: CorpusLog) -> Markup:
    """Show one row a version, the newest first."""
    return _page_html(_of_log(log))


def corpus_log_text(log: CorpusLog) -> str:
    """Return one line a version."""
    return _page_text(_of_log(log))


@masked
def corpus_view_html(view: CorpusView) -> Markup:
    """Show a version and its first documents."""
    rows = [_document_row(row) for row in view.rows[: block.MAX_ROWS]]
    caption = f"First {len(rows):,} of {plural(view.version.document_count, 'document')}"
    heads = [block.head("document"), block.head("title"), block.number_head("characters")]
    heads += [block.head(title) for title in ("groups", "changed", "text")]
    return block.outer(
        block.heading(element("strong", abbreviate(view.version.ref, NAME_CHARACTERS))),
        block.subline([*_facts(view.version), *_times(view)]),
        skipped_html(view.version.skipped),
        block.table(caption, heads, rows, wide=True) if rows else None,
    )


@masked
def corpus_view_text(view: CorpusView) -> str:
    """Return what a version is, and one line a document."""
    head = ("document", "characters", "groups", "title", "text")
    rows = [
        (each.id, f"{each.characters:,}", ", ".join(each.groups), each.title, each.excerpt)
        for each in view.rows[: block.MAX_ROWS]
    ]
    lines = [abbreviate(view.version.ref, NAME_CHARACTERS)]
    lines += [f"  {block.DOT.join([*_facts(view.version), *_times(view)])}"]
    lines += skipped_lines(view.version.skipped)
    total = view.version.document_count
    lines += columns(head, rows, numbers=(1,), noun="document", total=total) if rows else []
    return visible("\n".join(lines))


def place(source: CorpusSource) -> str:
    """Say where a corpus is read from."""
    what = "" if source.kind == "path" else f"{source.kind} "
    return f"{what}{abbreviate(source.location, _TEXT_CHARACTERS)}"


def skipped_html(skipped: Sequence[Skipped]) -> Markup:
    """Show what was passed over, by reason."""
    lines = [_skipped(each) for each in skipped[: block.MAX_ROWS]]
    total = sum(each.count for each in skipped)
    return block.fold(f"⚠ {total:,} skipped", block.bullets(lines)) if lines else Markup()


def skipped_lines(skipped: Sequence[Skipped]) -> list[str]:
    """Return a line for each reason that something was passed over for."""
    return [f"  ! {_skipped(each)}" for each in skipped[: block.MAX_ROWS]]


@masked
def _version_html(version: CorpusVersion) -> Markup:
    badge = ("new version", style.GREEN) if version.is_new else ("unchanged", style.GREY)
    return block.outer(
        block.heading(
            element("strong", abbreviate(version.ref, NAME_CHARACTERS)), block.badge(*badge)
        ),
        block.subline(_facts(version)),
        skipped_html(version.skipped),
    )


@masked
def _version_text(version: CorpusVersion) -> str:
    state = "new version" if version.is_new else "unchanged"
    lines = [f"{abbreviate(version.ref, NAME_CHARACTERS)}: {state}"]
    lines += [f"  {block.DOT.join(_facts(version))}", *skipped_lines(version.skipped)]
    return visible("\n".join(lines))


def _of_list(listed: CorpusList) -> _Page:
    total = len(listed.corpora)
    return _Page(
        title=f"{total:,} {'corpus' if total == 1 else 'corpora'}",
        facts=() if total else (_HINT,),
        caption="Corpora by name",
        noun="corpus",
        versions=listed.corpora[: block.MAX_ROWS],
        total=total,
    )


def _of_log(log: CorpusLog) -> _Page:
    total = len(log.versions)
    return _Page(
        title=abbreviate(log.corpus, NAME_CHARACTERS),
        facts=(plural(total, "version"), f"read from {place(log.source)}"),
        caption="The newest first",
        noun="version",
        versions=log.versions[: block.MAX_ROWS],
        total=total,
    )


@masked
def _page_html(page: _Page) -> Markup:
    return block.outer(
        block.heading(element("strong", page.title)),
        block.subline(page.facts) if page.facts else None,
        _versions_table(page.caption, page.versions),
        block.more(page.total - len(page.versions), "version"),
    )


@masked
def _page_text(page: _Page) -> str:
    head = [page.title, *([f"  {block.DOT.join(page.facts)}"] if page.facts else [])]
    return visible("\n".join([*head, *_version_lines(page.versions, page.noun, page.total)]))


def _versions_table(caption: str, versions: Sequence[CorpusVersion]) -> Markup | None:
    heads = [block.head("corpus"), block.number_head("documents"), block.number_head("skipped")]
    heads += [block.head(t) for t in ("fingerprint", "source", "message", "who", "when")]
    rows = [_version_row(version) for version in versions]
    return block.table(caption, heads, rows, wide=True) if rows else None


def _version_row(version: CorpusVersion) -> Markup:
    at, fingerprint = format_time(version.registered_at), version.fingerprint[:NAME_CHARACTERS]
    return block.row(
        element(
            "th", abbreviate(version.ref, NAME_CHARACTERS), scope="row", dir="auto",
            style=style.ROW_HEAD,
        ),
        block.number_cell(f"{version.document_count:,}"),
        block.number_cell(f"{sum(each.count for each in version.skipped):,}"),
        element(
            "td", short_digest(version.fingerprint), style=style.CELL, title=fingerprint
        ),
        block.cell(place(version.source)),
        block.cell(block.folded(cut(version.message, _TEXT_CHARACTERS))),
        block.cell(abbreviate(version.actor, NAME_CHARACTERS)),
        element("td", moment(at)[:16], style=style.TIME, title=at),
    )  # fmt: skip


def _version_lines(versions: Sequence[CorpusVersion], noun: str, total: int) -> list[str]:
    head = (noun, "documents", "skipped", "when", "source", "message")
    rows = [
        (
            each.ref,
            f"{each.document_count:,}",
            f"{sum(skipped.count for skipped in each.skipped):,}",
            moment(format_time(each.registered_at))[:10],
            place(each.source),
            each.message,
        )
        for each in versions
    ]
    return columns(head, rows, numbers=(1, 2), noun="version", total=total) if rows else []


def _document_row(row: DocumentRow) -> Markup:
    head = element("th", abbreviate(row.id, 200), scope="row", style=style.ROW_HEAD_WRAPPED)
    return block.row(
        head,
        block.cell(block.folded(cut(row.title, _TEXT_CHARACTERS))),
        block.number_cell(f"{row.characters:,}"),
        block.cell(block.names(row.groups, _SHOWN_NAMES)),
        element("td", _day(row.updated_at), style=style.TIME),
        block.cell(block.folded(cut(row.excerpt, _TEXT_CHARACTERS))),
    )


def _facts(version: CorpusVersion) -> list[str]:
    named = _counts(version.groups) if set(version.groups) != {"public"} else ""
    others = {name: count for name, count in version.encodings.items() if name != "utf-8"}
    facts = [
        plural(version.document_count, "document"),
        f"{version.character_count:,} characters",
        f"groups: {named}" if named else "",
        f"not UTF-8: {_counts(others)}" if others else "",
        f"from {place(version.source)}",
        short_digest(version.fingerprint),
        abbreviate(version.actor, NAME_CHARACTERS),
        moment(format_time(version.registered_at)),
        f"“{abbreviate(version.message, _TEXT_CHARACTERS)}”" if version.message else "",
    ]
    return [fact for fact in facts if fact]


def _times(view: CorpusView) -> Iterable[str]:
    if view.oldest and view.newest:
        yield f"sources changed {_day(view.oldest)} to {_day(view.newest)}"
    yield plural(view.version_count, "version")


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{abbreviate(name, 40)} {n:,}" for name, n in list(counts.items())[:_SHOWN_NAMES]]
    rest = len(counts) - _SHOWN_NAMES
    return f"{', '.join(shown)} and {rest:,} more" if rest > 0 else ", ".join(shown)


def _skipped(skipped: Skipped) -> str:
    examples = block.names(skipped.examples, _SHOWN_NAMES)
    rest = skipped.count - len(skipped.examples)
    more = f" and {rest:,} more" if examples and rest > 0 else ""
    reason = abbreviate(skipped.reason, _TEXT_CHARACTERS)
    return f"{skipped.count:,} skipped, {reason}{f' ({examples}{more})' if examples else ''}"


def _day(at: datetime | None) -> str:
    return format_time(at)[:10] if at else ""
