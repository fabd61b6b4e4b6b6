"""From a parsed prompt to its content: everything it refers to is looked up once and kept.

What comes out stands alone: prompts it includes, examples of a dataset and image files are copied
in or pinned by digest, so the content means the same for ever and in every store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from jinja2 import TemplateSyntaxError

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.album import MAX_IMAGES
from llmops_magics.prompts.compilation import (
    COMPILE_ERRORS,
    Reading,
    TokenCount,
    compile_template,
    each_once,
    explain,
    read_template,
)
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.example import CaseLike, answer, write_out
from llmops_magics.prompts.fields import whole_numbers
from llmops_magics.prompts.inclusion import MAX_EXPANDED_CHARS, check_pins, resolve
from llmops_magics.prompts.inputs import check_declared, check_sample
from llmops_magics.prompts.render import variables_of
from llmops_magics.prompts.settings import check_settings
from llmops_magics.prompts.shot import check_examples
from llmops_magics.prompts.template import ParsedPrompt
from llmops_magics.prompts.tool import TOOL_SETTINGS, check_choice, check_total
from llmops_magics.prompts.version import Example, Examples, Inclusion, Message, PromptVersion

__all__ = ["CaseLike", "References", "bind", "sample_of"]


class References(Protocol):
    """Where a prompt's references lead."""

    def version(self, reference: str) -> PromptVersion:
        """Return the version that a prompt reference means now."""
        ...

    def cases(self, reference: str) -> tuple[str, Sequence[CaseLike]]:
        """Return a dataset's full reference (name@sha256:…) and its cases."""
        ...

    def image(self, path: str) -> str:
        """Store the image in a file that a template names; return its artifact's digest."""
        ...


def bind(
    parsed: ParsedPrompt,
    references: References,
    *,
    name: str = "",
    model: str = "",
    settings: Mapping[str, Any] | None = None,
    start: PromptVersion | None = None,
) -> PromptContent:
    """Look up what a prompt refers to and return its content.

    ``name`` is the prompt's own, so that it cannot include itself. ``model`` and ``settings`` win
    over the front matter, and what neither says comes from ``start``: messages too, if the prompt
    has none, settings one by one. Raises ``PromptSyntaxError`` for what does not fit together, and
    what the references raise for what is not there.
    """
    messages = parsed.messages or (start.messages if start else ())
    if not messages:
        raise PromptSyntaxError("The prompt has no message.", hint="Write its text.")
    examples = _examples(parsed, references, start)
    templates = _templates(messages, examples)
    includes, images = _includes(parsed, references, templates, name or parsed.name, start)
    content = PromptContent(
        messages=messages,
        model=model or parsed.model or (start.model if start else ""),
        settings=_settings(parsed, settings or {}, start),
        inputs=_from(parsed, "inputs", start),
        includes=includes,
        examples=examples,
        images=_images(parsed, references, templates, images, start),
        tests=_from(parsed, "tests", start),
        risk=_from(parsed, "risk", start),
    )
    _check(content, sample_of(parsed, start))
    return content


def sample_of(parsed: ParsedPrompt, start: PromptVersion | None = None) -> dict[str, Any]:
    """Return the sample values of a prompt: its own, or those of the version it starts from."""
    return parsed.sample if "sample" in parsed.given or start is None else start.sample


def _from(parsed: ParsedPrompt, key: str, start: PromptVersion | None) -> Any:
    """Return a part as the front matter says it, or as the version to start from has it."""
    return getattr(parsed if start is None or key in parsed.given else start, key)


def _settings(
    parsed: ParsedPrompt, settings: Mapping[str, Any], start: PromptVersion | None
) -> dict[str, Any]:
    merged = {**(start.settings if start else {}), **parsed.settings, **check_settings(settings)}
    checked = check_settings(merged)
    if checked.get("tools") == []:  # takes the tools of `start` away
        checked = {key: checked[key] for key in checked if key not in TOOL_SETTINGS}
    check_choice(checked)
    check_total(checked)
    return checked


def _examples(
    parsed: ParsedPrompt, references: References, start: PromptVersion | None
) -> Examples | None:
    if start is not None and "examples" not in parsed.given:
        return start.examples
    request = parsed.examples
    if request is None:
        return None
    if request.cases:
        examples = write_out(request)
    else:
        examples = answer(request, *references.cases(request.dataset))
    return replace(examples, cases=tuple(map(_normalised, examples.cases)))


def _normalised(case: Example) -> Example:
    """Return a case in its one form, so that ``1`` and ``1.0`` have the same digest."""
    return Example(inputs=whole_numbers(case.inputs), expected=whole_numbers(case.expected))


def _templates(messages: tuple[Message, ...], examples: Examples | None) -> list[tuple[str, str]]:
    """Return role and content of everything that is rendered."""
    templates = [(message.role, message.content) for message in messages]
    if examples is not None:
        templates += [("user", examples.user), ("assistant", examples.assistant)]
    return templates


def _includes(
    parsed: ParsedPrompt,
    references: References,
    templates: list[tuple[str, str]],
    name: str,
    start: PromptVersion | None,
) -> tuple[tuple[Inclusion, ...], dict[str, str]]:
    """Return the inclusions of all templates, and the images that they bring along."""
    found = each_once(read_template(content).references for _, content in templates)
    check_pins(parsed.pins, found)
    kept = start.includes if start else ()
    includes, images = resolve(found, references.version, name=name, pins=parsed.pins, kept=kept)
    known = {inclusion.reference for inclusion in kept} - set(parsed.pins)
    if start is not None and known & set(found):
        own = each_once(read_template(i.content, i.includes).image_files for i in kept)
        images = {path: start.images[path] for path in own if path in start.images} | images
    return includes, images


def _images(
    parsed: ParsedPrompt,
    references: References,
    templates: list[tuple[str, str]],
    brought: Mapping[str, str],
    start: PromptVersion | None,
) -> dict[str, str]:
    """Return the artifact of each file that a template names, those of inclusions among them."""
    files = each_once(read_template(content).image_files for _, content in templates)
    if len(files) + len(brought) > MAX_IMAGES:
        raise PromptSyntaxError(f"The prompt names over {MAX_IMAGES} images.")
    kept = start.images if start is not None and not parsed.messages else {}
    pinned = {path: kept.get(path) or references.image(path) for path in files}
    for path, digest in brought.items():
        if pinned.setdefault(path, digest) != digest:
            raise PromptSyntaxError(
                f"{path!r} is another image here than in an included prompt.",
                hint="Give one of the files another name.",
            )
    return pinned


def _check(content: PromptContent, sample: Mapping[str, Any]) -> None:
    """Refuse content whose parts do not fit together."""
    total, count = 0, TokenCount()
    for role, template in _templates(content.messages, content.examples):
        reading = _compile(role, template, content.includes)
        count.add(reading)
        total += len(template) + reading.included_chars
        if total > MAX_EXPANDED_CHARS:
            raise PromptSyntaxError(
                f"With all that it includes the prompt is over {MAX_EXPANDED_CHARS:,} characters."
            )
        if reading.has_images and role != "user":
            raise PromptSyntaxError(
                f"What the {role} message includes shows an image, which only a user message may."
            )
    check_declared(variables_of(content), content.inputs, ())
    check_sample(sample, content.inputs)
    check_examples(content)


def _compile(role: str, template: str, includes: tuple[Inclusion, ...]) -> Reading:
    try:
        reading = read_template(template, includes)
        compile_template(template, includes)
    except (TemplateSyntaxError, *COMPILE_ERRORS) as error:
        raise PromptSyntaxError(
            f"The {role} message does not compile with what it includes: {explain(error)}."
        ) from error
    return reading
