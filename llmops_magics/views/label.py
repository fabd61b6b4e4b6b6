"""How a label looks: as a badge beside a version, and when it moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import moment
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.prompt_diff import changes_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_magics.prompts.history import LabelMove
    from llmops_magics.prompts.version import PromptDiff

MAX_BADGES = 12
_ACTIONS = {"rollback": "↩ rolled back", "forward": "↪ forward again", "move": "moved"}
_REASON_CHARACTERS = 300
_NAME_CHARACTERS = 60


def label_move_html(move: LabelMove) -> Markup:
    """Show where a label went, who moved it and why, and what that changed."""
    diff = _shown_diff(move)
    changed = [block.fold("what changed", *changes_html(diff))] if diff else []
    return block.outer(
        block.heading(
            element("strong", move.name), label_badge(move.label), way(move), *_state(move)
        ),
        block.subline([move.actor, moment(move.moved_at), _reason(move)]),
        *changed,
    )


def label_move_text(move: LabelMove) -> str:
    """Return the move in one line, and below it what is different now."""
    words = [f"{move.name} {move.label}: {way(move)}", action(move), move.actor]
    line = block.DOT.join([part for part in (*words, moment(move.moved_at)) if part])
    reason = [f"  {_reason(move)}"] if move.reason else []
    diff = _shown_diff(move)
    fields = ", ".join(dict.fromkeys(change.field for change in diff.changes)) if diff else ""
    changed = [f"  what changed: {abbreviate(fields, _REASON_CHARACTERS)}"] if diff else []
    return visible("\n".join([line, *reason, *changed]))


def way(move: LabelMove) -> str:
    """``@11 → @12``, or what a label of that number does not need to do."""
    if not move.changed:
        return f"stays at @{move.after}"
    return f"@{move.before} → @{move.after}" if move.before is not None else f"→ @{move.after}"


def action(move: LabelMove) -> str:
    """Say how it moved, and whether in spite of tests."""
    if not move.changed:
        return "it was there already: nothing was written"
    done = "new label" if move.before is None else _ACTIONS.get(move.action, move.action)
    return f"{done}, forced" if move.forced else done


def label_badge(label: str, to: str = "") -> Markup:
    """Put a label on a tint; the protected ones are green."""
    colour = style.GREEN if label == "production" else style.BLUE
    return block.badge(f"{abbreviate(label, _NAME_CHARACTERS)}{to}", colour)


def label_badges(labels: Iterable[str]) -> Markup:
    """Show the labels of a version side by side."""
    return _side_by_side([label_badge(label) for label in labels])


def pointing_badges(labels: Mapping[str, int]) -> Markup:
    """Show labels with the versions they point to."""
    return _side_by_side([label_badge(label, f" @{number}") for label, number in labels.items()])


def tag_badges(tags: Mapping[str, str]) -> Markup:
    """Show tags, each with its value where it has one."""
    return _side_by_side([block.badge(word, style.GREY) for word in tag_words(tags)])


def tag_words(tags: Mapping[str, str]) -> list[str]:
    """``owner=ana``, and the key alone where a tag has no value."""
    return [
        abbreviate(f"{key}={value}" if value else str(key), _NAME_CHARACTERS)
        for key, value in tags.items()
    ]


def _side_by_side(badges: list[Markup]) -> Markup:
    rest = len(badges) - MAX_BADGES
    return join([*badges[:MAX_BADGES], *([f"and {rest:,} more"] if rest > 0 else [])], " ")


def _state(move: LabelMove) -> list[Markup]:
    if not move.changed:
        return [block.badge("nothing was written", style.GREY)]
    badges = [block.badge(action(move).removesuffix(", forced"), style.GREY)]
    return badges + ([block.badge("! forced", style.AMBER)] if move.forced else [])


def _reason(move: LabelMove) -> str:
    return f"“{abbreviate(move.reason, _REASON_CHARACTERS)}”" if move.reason else ""


def _shown_diff(move: LabelMove) -> PromptDiff | None:
    return move.diff if move.diff and move.diff.changes else None
