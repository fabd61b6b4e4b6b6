"""How indexes look: what one was built of, what a build or refresh changed, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.record import format_time
from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, duration, moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.retrieval.index.record import IndexChange, IndexList

NAME_CHARACTERS = 80
_HINT = "%llm_index build handbook makes the index of a corpus."
_DONE = {
    "build": "built",
    "refresh": "refreshed",
    "revert": "reverted",
    "drop": "dropped",
    "": "up to date",
}
_WAYS = {
    "copied": "a copy of the index before, changed",
    "written": "written in full",
    "there": "it was there already",
}


def index_manifest_html(manifest: IndexManifest) -> Markup:
    """Show what an index was built of."""
    return block.outer(
        block.heading(element("strong", abbreviate(manifest.corpus, NAME_CHARACTERS))),
        block.subline(_summary(manifest)),
        block.facts("The index", manifest_facts(manifest)),
    )


def index_manifest_text(manifest: IndexManifest) -> str:
    """Return the same in a few lines."""
    return visible("\n".join(_lines(manifest)))


def index_change_html(change: IndexChange) -> Markup:
    """Show what was done, what it took, and the index in use since."""
    return block.outer(
        block.heading(
            element("strong", abbreviate(change.corpus, NAME_CHARACTERS)),
            block.badge(_DONE.get(change.action, change.action), style.GREEN),
        ),
        block.subline(_took(change)),
        block.bullets(change.remarks) if change.remarks else None,
        block.facts("The index", manifest_facts(change.manifest))
        if change.action != "drop"
        else None,
    )


def index_change_text(change: IndexChange) -> str:
    """Return the same in a few lines."""
    done = _DONE.get(change.action, change.action)
    lines = [f"{abbreviate(change.corpus, NAME_CHARACTERS)}: {done}"]
    lines += [f"  {block.DOT.join(part for part in _took(change) if part)}"]
    lines += [f"  ! {remark}" for remark in change.remarks]
    if change.action != "drop":
        lines += [f"  {line}" for line in _lines(change.manifest)[1:]]
    return visible("\n".join(lines))


def index_list_html(listed: IndexList) -> Markup:
    """Show one row an index."""
    heads = [block.head("corpus"), block.number_head("documents"), block.number_head("chunks")]
    heads += [block.head(title) for title in ("chunker", "embedding", "built", "fingerprint")]
    rows = [
        block.row(
            block.row_head(abbreviate(each.corpus, NAME_CHARACTERS)),
            block.number_cell(count(each.document_count)),
            block.number_cell(count(each.chunk_count)),
            *(block.cell(text) for text in _cells(each)),
        )
        for each in listed.indexes[: block.MAX_ROWS]
    ]
    return block.outer(
        block.heading(element("strong", _title(listed))),
        block.table("In use now", heads, rows, wide=True) if rows else None,
        block.more(len(listed.indexes) - len(rows), "row"),
        None if rows else element("div", _HINT, style=style.SMALL),
    )


def index_list_text(listed: IndexList) -> str:
    """Return one line an index."""
    heads = ("corpus", "documents", "chunks", "chunker", "embedding", "built", "fingerprint")
    rows = [
        (each.corpus, count(each.document_count), count(each.chunk_count), *_cells(each))
        for each in listed.indexes[: block.MAX_ROWS]
    ]
    lines = [_title(listed)]
    if rows:
        total = len(listed.indexes)
        lines += columns(heads, rows, numbers=(1, 2), noun="row", total=total)
    return visible("\n".join(lines if rows else [*lines, f"  {_HINT}"]))


def manifest_facts(manifest: IndexManifest) -> dict[str, Any]:
    """Return what decides an index, by name."""
    return {
        "corpus": _version(manifest),
        "corpus fingerprint": short_digest(manifest.corpus_fingerprint),
        "chunker": manifest.chunker,
        "embedding": f"{manifest.embedding_model}, {count(manifest.dimension)} numbers, "
        f"{manifest.space}",
        "chunks too long": "" if not manifest.too_long else count(manifest.too_long),
        "fingerprint": short_digest(manifest.fingerprint),
        "collection": manifest.collection,
        "server": manifest.server,
        "built": moment(format_time(manifest.built_at)),
    }


def _summary(manifest: IndexManifest) -> list[str]:
    return [
        plural(manifest.document_count, "document"),
        plural(manifest.chunk_count, "chunk"),
        f"{count(manifest.too_long)} longer than the embedder reads" if manifest.too_long else "",
    ]


def _lines(manifest: IndexManifest) -> list[str]:
    summary = block.DOT.join(part for part in _summary(manifest) if part)
    facts = manifest_facts(manifest)
    lines = [f"{name}: {abbreviate(str(value), 300)}" for name, value in facts.items() if value]
    return [abbreviate(manifest.corpus, NAME_CHARACTERS), summary, *lines]


def _took(change: IndexChange) -> list[str]:
    if change.action in ("revert", "drop"):
        before = change.before.fingerprint if change.before else ""
        return [f"was {short_digest(before)}"] if before else [""]
    documents = {
        "added": change.added_documents,
        "changed": change.changed_documents,
        "removed": change.removed_documents,
    }
    some = ", ".join(f"{number:,} {what}" for what, number in documents.items() if number)
    return [
        f"{plural(change.embedded, 'text')} embedded",
        f"{plural(change.reused, 'vector')} taken over" if change.reused else "",
        f"{plural(change.removed, 'chunk')} removed" if change.removed else "",
        f"documents: {some}" if some else "",
        _WAYS.get(change.way, change.way),
        duration(change.duration_s * 1000),
    ]


def _cells(manifest: IndexManifest) -> tuple[str, ...]:
    return (
        abbreviate(manifest.chunker, NAME_CHARACTERS),
        abbreviate(manifest.embedding_model, NAME_CHARACTERS),
        moment(format_time(manifest.built_at)),
        short_digest(manifest.fingerprint),
    )


def _version(manifest: IndexManifest) -> str:
    number = f"@{manifest.corpus_version}" if manifest.corpus_version else ""
    return f"{abbreviate(manifest.corpus, NAME_CHARACTERS)}{number}"


def _title(listed: IndexList) -> str:
    number = len(listed.indexes)
    return f"{number:,} {'index' if number == 1 else 'indexes'}"
