"""The Prompty text of a prompt, parsed: front matter, role lines, Jinja2 messages.

A prompt is an optional YAML head between ``---`` lines, then messages, each after a line that
holds nothing but ``system:``, ``user:`` or ``assistant:``. With no role line the whole body is
one user message. (A message that must contain such a line writes it as ``{{ "user:" }}``.)
Every message is compiled here, so what was parsed once can later only fail on its variables.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateSyntaxError

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.compilation import (
    COMPILE_ERRORS,
    Reading,
    TokenCount,
    compile_outline,
    each_once,
    explain,
    read_template,
)
from llmops_magics.prompts.example import ExampleRequest
from llmops_magics.prompts.frontmatter import FrontMatter, parse_front_matter
from llmops_magics.prompts.inputs import check_declared, check_sample
from llmops_magics.prompts.version import ChangeTest, Message

MAX_SOURCE_BYTES = 1024 * 1024
MAX_MESSAGES = 200
_ROLE_LINE = re.compile(r"(system|user|assistant)[ \t]*:[ \t]*", re.IGNORECASE)
_NAMED_LINE = re.compile(r"(developer|tool|function|human|ai|bot)[ \t]*:[ \t]*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class ParsedPrompt:
    """What a prompt's text says; ``variables`` are the names its messages read, sorted."""

    messages: tuple[Message, ...]
    model: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    variables: tuple[str, ...] = ()
    name: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)  # JSON schema by variable
    sample: dict[str, Any] = field(default_factory=dict)
    tests: tuple[ChangeTest, ...] = ()
    risk: str = ""
    examples: ExampleRequest | None = None
    pins: dict[str, str] = field(default_factory=dict)  # an include's reference -> by digest
    references: tuple[str, ...] = ()  # of the includes, each once
    image_files: tuple[str, ...] = ()  # paths that a template names, each once
    given: frozenset[str] = frozenset()  # the keys of the front matter


@dataclass(frozen=True, kw_only=True)
class _Block:
    """The lines of one message, and the number of the first of them."""

    role: str
    line: int
    text: str


def parse(source: str, *, first_line: int = 1, may_be_empty: bool = False) -> ParsedPrompt:
    """Parse and check a prompt.

    ``first_line`` is the number of the first line where the user sees it (2 in a notebook cell).
    ``may_be_empty`` allows no messages. Includes are found, not looked up. Raises
    ``PromptSyntaxError``, with the line's number.
    """
    _check_text(source)
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head, start = _split_front_matter(lines, first_line)
    is_empty = may_be_empty and not any(line.strip() for line in lines[start:])
    blocks = [] if is_empty else _split_roles(lines[start:], first_line + start)
    count = TokenCount()
    messages = tuple(_compile(block, count) for block in blocks)
    readings = [read_template(message.content) for message in messages]
    variables = sorted(frozenset().union(*(reading.variables for reading in readings)))
    _check_inputs(head, variables)
    readings += _read_examples(head.examples, count)
    return ParsedPrompt(
        messages=messages,
        variables=tuple(variables),
        model=head.model,
        settings=head.settings,
        description=head.description.strip(),
        name=head.name.strip(),
        authors=head.authors,
        tags=head.tags,
        inputs=head.inputs,
        sample=head.sample,
        tests=head.tests,
        risk=head.risk,
        examples=head.examples,
        pins=head.pins,
        references=each_once(reading.references for reading in readings),
        image_files=each_once(reading.image_files for reading in readings),
        given=head.given,
    )


def _check_inputs(head: FrontMatter, variables: Iterable[str]) -> None:
    check_declared(variables, head.inputs, ("examples",) if head.examples else ())
    check_sample(head.sample, head.inputs)


def _read_examples(request: ExampleRequest | None, count: TokenCount) -> list[Reading]:
    """Read the two templates of examples; an empty one is the last user message's own."""
    templates = (request.user, request.assistant) if request else ()
    readings = []
    for role, content in zip(("user", "assistant"), templates, strict=False):
        try:
            compile_outline(content)
            reading = read_template(content)
        except (TemplateSyntaxError, *COMPILE_ERRORS) as error:
            raise PromptSyntaxError(
                f"The template {role!r} of `examples` does not parse: {explain(error)}."
            ) from error
        count.add(reading)
        if reading.has_images and role != "user":
            raise _refuse_image("assistant template of `examples`")
        readings.append(reading)
    return readings


def _refuse_image(what: str) -> PromptSyntaxError:
    return PromptSyntaxError(
        f"The {what} shows an image, which only a user message may.",
        hint="Move it to a message below a line `user:`.",
    )


def _check_text(source: str) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        raise PromptSyntaxError("The prompt holds half a character (a lone surrogate).") from error
    if size > MAX_SOURCE_BYTES:
        raise PromptSyntaxError(
            f"The prompt has {size:,} bytes; at most {MAX_SOURCE_BYTES:,} are allowed.",
            hint="Pass large text as a variable.",
        )
    control = _CONTROL.search(source)
    if control:
        line = source.count("\n", 0, control.start()) + 1
        raise PromptSyntaxError(
            f"The prompt holds the control character U+{ord(control[0]):04X} in its line {line}."
        )


def _split_front_matter(lines: list[str], first_line: int) -> tuple[FrontMatter, int]:
    """Return the head and the index of the first line of the body."""
    opening = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[opening].rstrip() != "---":
        return FrontMatter(), 0
    for index in range(opening + 1, len(lines)):
        if lines[index].rstrip() == "---":
            text = "\n".join(lines[opening + 1 : index])
            head = parse_front_matter(text, first_line=first_line + opening + 1)
            return head, index + 1
    raise PromptSyntaxError(
        f"The front matter that begins in line {first_line + opening} has no end.",
        hint="Close it with a line `---`.",
    )


def _split_roles(lines: list[str], first_line: int) -> list[_Block]:
    lines = textwrap.dedent("\n".join(lines)).split("\n")
    marks = [i for i, line in enumerate(lines) if _ROLE_LINE.fullmatch(line)]
    if not marks:
        return [_Block(role="user", line=first_line, text="\n".join(lines))]
    if len(marks) > MAX_MESSAGES:
        raise PromptSyntaxError(f"The prompt has over {MAX_MESSAGES} messages.")
    _refuse_preamble(lines[: marks[0]], first_line)
    ends = [*marks[1:], len(lines)]
    return [
        _Block(
            role=lines[mark].split(":")[0].strip().lower(),
            line=first_line + mark + 1,
            text="\n".join(lines[mark + 1 : end]),
        )
        for mark, end in zip(marks, ends, strict=True)
    ]


def _refuse_preamble(lines: list[str], first_line: int) -> None:
    for number, line in enumerate(lines, first_line):
        if not line.strip():
            continue
        other = _NAMED_LINE.fullmatch(line)
        what = f"the role {other[1]!r} is not one of" if other else "put it below one of"
        raise PromptSyntaxError(
            f"There is text before the first role line, in line {number}: {line.strip()[:60]!r}.",
            hint=f"Roles: {what} `system:`, `user:`, `assistant:`.",
        )


def _compile(block: _Block, count: TokenCount) -> Message:
    content, skipped = _clean(block.text)
    if not content:
        raise PromptSyntaxError(
            f"The {block.role} message in line {block.line} is empty.",
            hint="Write its text below the role line.",
        )
    try:
        compile_outline(content)
        reading = read_template(content)
    except (TemplateSyntaxError, SyntaxError) as error:
        raise _syntax_error(block, content, skipped, error) from error
    except COMPILE_ERRORS as error:
        raise PromptSyntaxError(
            f"The {block.role} message in line {block.line} does not parse: {explain(error)}."
        ) from error
    count.add(reading)
    if reading.has_images and block.role != "user":
        raise _refuse_image(f"{block.role} message in line {block.line}")
    return Message(role=block.role, content=content)


def _clean(text: str) -> tuple[str, int]:
    """Dedent a message and drop blank lines around it; return how many were dropped above."""
    lines = textwrap.dedent(text).split("\n")
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if not filled:
        return "", 0
    return "\n".join(lines[filled[0] : filled[-1] + 1]), filled[0]


def _syntax_error(
    block: _Block, content: str, skipped: int, error: TemplateSyntaxError | SyntaxError
) -> PromptSyntaxError:
    if not isinstance(error, TemplateSyntaxError):  # Python's compiler, on what Jinja wrote
        return PromptSyntaxError(
            f"The {block.role} message in line {block.line} does not compile: {error.msg}."
        )
    lines = content.split("\n")
    index = min(max(error.lineno, 1), len(lines)) - 1
    return PromptSyntaxError(
        f"Template syntax in line {block.line + skipped + index}: "
        f"{(error.message or 'not valid').rstrip('.')}: {lines[index].strip()[:120]}"
    )
