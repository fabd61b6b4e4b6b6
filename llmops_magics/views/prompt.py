"""How a prompt version and the difference between two of them look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmops_magics.views import style
from llmops_magics.views.block import DOT, badge, facts, fold, heading, outer, plain, subline
from llmops_magics.views.difference import unified_text, unified_view, word_difference
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, cut, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.prompts.version import Change, Message, PromptDiff, PromptVersion

MAX_TEMPLATE_CHARACTERS = 40_000
_JINJA = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_MESSAGE_CHARACTERS = 200


def prompt_version_html(version: PromptVersion) -> Markup:
    """Show what a version is, its templates, and what changed."""
    return outer(
        heading(
            element("strong", version.ref),
            badge("new version", style.GREEN) if version.is_new else badge("unchanged", style.GREY),
            *(badge(label, style.BLUE) for label in version.labels),
        ),
        subline(_settings(version)),
        subline(
            [
                version.message and f"“{abbreviate(version.message, _MESSAGE_CHARACTERS)}”",
                version.author,
                moment(version.created_at),
                short_digest(version.digest),
            ]
        ),
        *(_message(message) for message in version.messages),
        _version_diff(version.diff),
        fold("record", facts(f"What {version.ref} fixes", _facts(version))),
    )


def prompt_version_text(version: PromptVersion) -> str:
    """Return the version in a few lines."""
    state = "new version" if version.is_new else "unchanged"
    labels = f" [{', '.join(version.labels)}]" if version.labels else ""
    lines = [
        f"{version.ref}{labels}{DOT}{state}{DOT}{short_digest(version.digest)}",
        DOT.join(
            [
                f"model {version.model or 'the default'}",
                f"settings {plain(version.settings)}",
                f"variables {', '.join(version.variables) or 'none'}",
            ]
        ),
    ]
    if version.diff and version.diff.before and version.diff.changes:
        lines.append(prompt_diff_text(version.diff))
    return "\n".join(visible(line) for line in lines)


def prompt_diff_html(diff: PromptDiff) -> Markup:
    """Show every change, word by word and line by line."""
    return outer(
        heading(element("strong", _title(diff))),
        subline([_amount(diff)]),
        *(_change(change) for change in diff.changes),
    )


def prompt_diff_text(diff: PromptDiff) -> str:
    """Return the changes in the unified notation."""
    parts = [f"{_title(diff)}{DOT}{_amount(diff)}"]
    parts += [
        f"{change.field}:\n{unified_text(change.before, change.after)}" for change in diff.changes
    ]
    return visible("\n".join(parts))


def _version_diff(diff: PromptDiff | None) -> Markup | None:
    if diff is None or not diff.before or not diff.changes:
        return None
    title = f"{plural(len(diff.changes), 'change')} since {diff.before}"
    return fold(title, *(_change(change) for change in diff.changes), is_open=True)


def _change(change: Change) -> Markup:
    long = "\n" in change.before or "\n" in change.after
    return element(
        "div",
        element("div", change.field, style=style.SMALL),
        word_difference(change.before, change.after),
        unified_view(change.before, change.after) if long else None,
        style=style.SECTION,
    )


def _message(message: Message) -> Markup:
    source = cut(message.content, MAX_TEMPLATE_CHARACTERS)
    parts = [
        element("span", part, style=style.JINJA) if index % 2 else part
        for index, part in enumerate(_JINJA.split(source))
    ]
    return element(
        "div",
        element("div", message.role, style=style.SMALL),
        element("pre", join(parts), dir="auto", style=style.BLOCK),
        style=style.SECTION,
    )


def _settings(version: PromptVersion) -> list[str]:
    settings = [f"{name} {plain(value)}" for name, value in version.settings.items()]
    return [
        version.model or "the workspace's default model",
        *(abbreviate(setting, _MESSAGE_CHARACTERS) for setting in settings),
        f"reads {', '.join(version.variables)}" if version.variables else "reads no variables",
    ]


def _facts(version: PromptVersion) -> dict[str, Any]:
    settings = {f"settings.{name}": plain(value) for name, value in version.settings.items()}
    return {
        "model": version.model or "the workspace's default",
        **settings,
        "variables": ", ".join(version.variables) or "none",
        "description": version.description,
        "message": version.message,
        "source": version.source,
        "digest": version.digest,
    }


def _title(diff: PromptDiff) -> str:
    return f"{diff.before or 'nothing'} → {diff.after}"


def _amount(diff: PromptDiff) -> str:
    if not diff.changes:
        return "no changes: the same content"
    return plural(len(diff.changes), "change")
