"""How a prompt version looks: what it is, its templates, its declared parts, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.prompts.jinja_tag import jinja_tags
from llmops_magics.views import block, prompt_part, style
from llmops_magics.views.block import DOT, badge, facts, fold, heading, outer, plain, subline
from llmops_magics.views.column import columns, indented
from llmops_magics.views.embedded import without_data
from llmops_magics.views.format import moment, plural, short_digest
from llmops_magics.views.label import label_badges, tag_badges, tag_words
from llmops_magics.views.markup import Markup, abbreviate, cut, element, join, visible
from llmops_magics.views.prompt_diff import changes_html, prompt_diff_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_magics.prompts.version import Message, PromptDiff, PromptVersion

MAX_TEMPLATE_CHARACTERS = 40_000
_MESSAGE_CHARACTERS = 200
_PARTS = frozenset({"tools", "tool_choice", "response_format"})  # shown below, not in a line


def prompt_version_html(version: PromptVersion) -> Markup:
    """Show what a version is, its templates and parts, and what changed."""
    return outer(
        heading(
            element("strong", version.ref),
            _outcome(version),
            label_badges(version.labels),
            tag_badges(version.tags),
        ),
        element("div", cut(version.description, 1000), dir="auto") if version.description else None,
        subline(_settings(version)),
        subline(
            [
                version.message and f"“{abbreviate(version.message, _MESSAGE_CHARACTERS)}”",
                version.author,
                moment(version.created_at),
                short_digest(version.digest),
            ]
        ),
        *(_message(message) for message in version.messages[: block.MAX_ROWS]),
        block.more(len(version.messages) - block.MAX_ROWS, "message"),
        prompt_part.input_table(version),
        *prompt_part.parts_html(version),
        _version_diff(version.diff),
        fold("record", facts(f"What {version.ref} fixes", _facts(version))),
    )


def prompt_version_text(version: PromptVersion) -> str:
    """Return what the version is in a few lines, then what changed, or its templates.

    One that was only read has both: the templates are what was asked for.
    """
    labels = f" [{', '.join(version.labels)}]" if version.labels else ""
    said = f"{DOT}{version.outcome}" if version.outcome else ""
    lines = [f"{version.ref}{labels}{said}{DOT}{short_digest(version.digest)}"]
    lines.append(f"  {DOT.join(_settings(version))}")
    lines += [f"  {line}" for line in _part_lines(version)]
    lines += _input_lines(version)
    has_changed = bool(version.diff and version.diff.before and version.diff.changes)
    if not has_changed or not version.outcome:
        for message in version.messages[: block.MAX_ROWS]:
            template = cut(without_data(message.content), MAX_TEMPLATE_CHARACTERS)
            lines += [f"{message.role}:", indented(template, 2)]
        rest = len(version.messages) - block.MAX_ROWS
        lines += [f"and {plural(rest, 'more message')} in the record"] if rest > 0 else []
    if has_changed and version.diff:
        lines.append(prompt_diff_text(version.diff))
    return visible("\n".join(lines))


def _outcome(version: PromptVersion) -> Markup:
    if not version.outcome:
        return Markup()
    return badge(version.outcome, style.GREEN if "new" in version.outcome else style.GREY)


def _version_diff(diff: PromptDiff | None) -> Markup | None:
    if diff is None or not diff.before or not diff.changes:
        return None
    title = f"{plural(len(diff.changes), 'change')} since {diff.before}"
    return fold(title, *changes_html(diff), is_open=True)


def _message(message: Message) -> Markup:
    source = cut(without_data(message.content), MAX_TEMPLATE_CHARACTERS)
    parts: list[str] = []
    end = 0
    for start, following in jinja_tags(source):
        parts += [source[end:start], element("span", source[start:following], style=style.JINJA)]
        end = following
    parts.append(source[end:])
    return element(
        "div",
        element("div", message.role, style=style.ROLE),
        element("pre", join(parts), dir="auto", style=style.BLOCK),
        style=style.SECTION,
    )


def _settings(version: PromptVersion) -> list[str]:
    settings = [
        f"{name} {plain(value)}" for name, value in version.settings.items() if name not in _PARTS
    ]
    return [
        version.model or "the workspace's default model",
        *(abbreviate(setting, _MESSAGE_CHARACTERS) for setting in settings),
        f"reads {block.names(version.variables)}" if version.variables else "reads no variables",
        *([f"{version.risk} risk"] if version.risk else []),
    ]


def _part_lines(version: PromptVersion) -> Iterator[str]:
    """Yield one line for each part that the version has."""
    said = f"“{abbreviate(version.message, _MESSAGE_CHARACTERS)}”" if version.message else ""
    made = [part for part in (said, version.author, moment(version.created_at)) if part]
    if made:
        yield DOT.join(made)
    if version.description:
        yield abbreviate(version.description, _MESSAGE_CHARACTERS)
    for inclusion in version.includes[: block.MAX_ROWS]:
        yield f"includes {prompt_part.inclusion_words(inclusion)}"
    if version.examples and version.examples.cases:
        yield prompt_part.example_words(version.examples)
    if version.tools:
        yield f"tools {block.names([prompt_part.tool_words(tool) for tool in version.tools], 10)}"
    if version.settings.get("response_format"):
        said = prompt_part.response_format_words(version.settings["response_format"])
        yield f"response format {said}"
    if version.images:
        yield f"images {block.names(list(version.images), 10)}"
    for test in version.tests[: block.MAX_ROWS]:
        yield f"test {prompt_part.test_words(test)}"
    if version.tags:
        yield f"tags {block.names(tag_words(version.tags), 20)}"


def _input_lines(version: PromptVersion) -> list[str]:
    rows = [
        (
            name,
            prompt_part.type_words(schema),
            prompt_part.limit_words(schema),
            prompt_part.value_words(schema["default"]) if "default" in schema else "required",
            str(schema.get("description", "")),
        )
        for name, schema in version.inputs.items()
    ]
    head = ("variable", "type", "allowed", "default", "description")
    return columns(head, rows, noun="variable") if rows else []


def _facts(version: PromptVersion) -> dict[str, Any]:
    settings = {
        f"settings.{name}": plain(value)
        for name, value in version.settings.items()
        if name not in ("tools", "response_format")
    }
    return {
        "model": version.model or "the workspace's default",
        **settings,
        "variables": ", ".join(version.variables) or "none",
        "description": version.description,
        "message": version.message,
        "source": version.source,
        "digest": version.digest,
        **{f"include {each.reference}": each.digest for each in version.includes},
        **{f"image {name}": artifact for name, artifact in version.images.items()},
    }
