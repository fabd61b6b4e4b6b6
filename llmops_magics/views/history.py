"""How a prompt's past looks: its versions with what moved and scored, and what names meant then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import (
    NOTHING,
    count,
    interval,
    moment,
    number,
    plural,
)
from llmops_magics.views.label import action, label_badge, label_badges, tag_badges, way
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.prompts.history import (
        EvalNote,
        LabelMove,
        LogEntry,
        PromptLog,
        PromptSnapshot,
        ScoreNote,
    )

MAX_NOTES = 3  # moves and evals of one version that are shown without opening anything
MAX_FOLDED_NOTES = 30
_MESSAGE_CHARACTERS = 300
_SHORT_CHARACTERS = 60
_LINE_CHARACTERS = 96


def prompt_log_html(log: PromptLog) -> Markup:
    """Show one row a version, the newest first."""
    shown = log.entries[: block.MAX_ROWS]
    heads = [
        block.head("version"),
        block.head("when"),
        block.head("who"),
        block.head("message"),
        block.head("moves"),
        block.head("evals"),
    ]
    caption = f"Versions of {abbreviate(log.name, _SHORT_CHARACTERS)}, the newest first"
    return block.outer(
        block.heading(element("strong", log.name)),
        block.subline([plural(log.total, "version")]),
        block.table(caption, heads, [_entry_row(entry) for entry in shown], wide=True),
        block.more(len(log.entries) - len(shown), "version"),
        element("div", _older(log), style=style.SMALL) if _older(log) else None,
    )


def prompt_log_text(log: PromptLog) -> str:
    """Return one line a version, and under it its newest label moves and its newest eval."""
    shown = log.entries[: block.MAX_ROWS]
    head = ("version", "when", "who", "labels", "message")
    rows = [
        (
            f"@{entry.number}",
            moment(entry.created_at)[:16],
            entry.author,
            ", ".join(entry.labels),
            entry.message,
        )
        for entry in shown
    ]
    lines = [f"{log.name}{block.DOT}{plural(log.total, 'version')}, the newest first"]
    first, *others = columns(head, rows)
    lines.append(first)
    for entry, line in zip(shown, others, strict=True):
        lines += [line, *(f"    {_move_words(move)}" for move in entry.moves[-MAX_NOTES:])]
        lines += [f"    {_eval_words(note)}" for note in entry.evals[:1]]
    rest = len(log.entries) - len(shown)
    lines += [f"  and {plural(rest, 'more version')} in the record"] if rest > 0 else []
    lines += [f"  {_older(log)}"] if _older(log) else []
    return visible("\n".join(lines))


def _move_words(move: LabelMove) -> str:
    parts = (f"{move.label}: {way(move)}", action(move), move.actor, moment(move.moved_at)[:16])
    return block.DOT.join(part for part in parts if part)


def prompt_snapshot_html(snapshot: PromptSnapshot) -> Markup:
    """Show what each reference meant then, beside what it means now."""
    heads = [block.head("reference"), block.number_head("then"), block.number_head("now")]
    rows = [
        block.row(
            block.row_head(abbreviate(reference, _SHORT_CHARACTERS)),
            block.number_cell(_at(then)),
            block.number_cell(_at(now)),
            block.cell(_moved(then, now)),
        )
        for reference, then, now in _references(snapshot)[: block.MAX_ROWS]
    ]
    return block.outer(
        block.heading(element("strong", snapshot.name), f"at {moment(snapshot.at)}"),
        block.table(
            f"What the references of {abbreviate(snapshot.name, _SHORT_CHARACTERS)} meant",
            [*heads, block.head("since then")],
            rows,
        ),
        block.more(len(_references(snapshot)) - block.MAX_ROWS, "label"),
    )


def prompt_snapshot_text(snapshot: PromptSnapshot) -> str:
    """Return one line a reference."""
    rows = [
        (reference, _at(then), _at(now), _moved(then, now))
        for reference, then, now in _references(snapshot)
    ]
    lines = [f"{snapshot.name} at {moment(snapshot.at)}"]
    lines += columns(("reference", "then", "now", "since then"), rows, numbers=(1, 2), noun="label")
    return visible("\n".join(lines))


def score_words(score: ScoreNote) -> str:
    """``contains 0.84 (0.721 to 0.92, n=50)``."""
    bounds = interval(score.low, score.high, is_proportion=False)
    around = "" if bounds == NOTHING else f"{bounds}, "
    scorer = abbreviate(score.scorer, _SHORT_CHARACTERS)
    return f"{scorer} {number(score.mean)} ({around}n={count(score.n)})"


def _entry_row(entry: LogEntry) -> Markup:
    return block.row(
        element(
            "th",
            element("span", f"@{entry.number}", title=entry.digest),
            element("div", label_badges(entry.labels)) if entry.labels else None,
            scope="row",
            style=style.ROW_HEAD,
        ),
        element("td", moment(entry.created_at)[:16], style=style.TIME, title=entry.created_at),
        block.cell(abbreviate(entry.author, _SHORT_CHARACTERS)),
        block.cell(*_message(entry)),
        block.cell(_notes([_move_line(move) for move in reversed(entry.moves)], "move")),
        block.cell(_notes([_eval_lines(note) for note in entry.evals], "eval")),
    )


def _message(entry: LogEntry) -> list[Markup]:
    message = block.folded(entry.message, _MESSAGE_CHARACTERS)
    return [message, element("div", tag_badges(entry.tags)) if entry.tags else Markup()]


def _notes(lines: list[Markup], noun: str) -> Markup:
    """Show the first few, and fold the others."""
    rest = lines[MAX_NOTES:]
    folded = [
        block.fold(
            f"{len(rest):,} more",
            *rest[:MAX_FOLDED_NOTES],
            block.more(len(rest) - MAX_FOLDED_NOTES, noun),
        )
    ]
    return join(lines[:MAX_NOTES] + (folded if rest else []))


def _move_line(move: LabelMove) -> Markup:
    words = block.DOT.join(
        part
        for part in (
            way(move),
            "" if move.action == "move" and not move.forced else action(move),
            abbreviate(move.actor, _SHORT_CHARACTERS),
            moment(move.moved_at)[:10],
        )
        if part
    )
    return element(
        "div",
        label_badge(move.label),
        f" {words}",
        title=abbreviate(move.reason, _MESSAGE_CHARACTERS),
        dir="auto",
        style=style.NOTE,
    )


def _eval_lines(note: EvalNote) -> Markup:
    where = abbreviate(f"{note.dataset} · {note.model}", 2 * _SHORT_CHARACTERS)
    scores = [element("div", score_words(s), style=style.NOTE) for s in note.scores[:MAX_NOTES]]
    rest = len(note.scores) - MAX_NOTES
    return element(
        "div",
        *scores,
        element("div", f"and {plural(rest, 'more score')}", style=style.SMALL)
        if rest > 0
        else None,
        element("div", where, style=style.SMALL, title=f"run {note.run_id} {note.finished_at}"),
        style=style.NOTE_GROUP,
    )


def _eval_words(note: EvalNote) -> str:
    """Say the scores of an eval and where they come from in one line."""
    scores = [score_words(score) for score in note.scores[:MAX_NOTES]]
    rest = len(note.scores) - MAX_NOTES
    scores += [f"and {plural(rest, 'more score')}"] if rest > 0 else []
    return abbreviate(block.DOT.join([*scores, note.dataset, note.model]), _LINE_CHARACTERS)


def _older(log: PromptLog) -> str:
    """Say how many versions the log was not asked for."""
    rest = log.total - len(log.entries)
    return (
        f"and {plural(rest, 'older version')} that this log was not asked for" if rest > 0 else ""
    )


def _references(snapshot: PromptSnapshot) -> list[tuple[str, int | None, int | None]]:
    labels = dict.fromkeys((*snapshot.labels, *snapshot.now))
    return [
        ("newest", snapshot.newest, snapshot.newest_now),
        *((label, snapshot.labels.get(label), snapshot.now.get(label)) for label in labels),
    ]


def _at(version: int | None) -> str:
    return NOTHING if version is None else f"@{version}"


def _moved(then: int | None, now: int | None) -> str:
    if then == now:
        return "the same"
    return "not there yet" if then is None else "moved"
