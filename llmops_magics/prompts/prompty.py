"""A version as a ``.prompty`` file: a text that, registered again, has the same digest.

The front matter is in the form of Prompty 2 where that has one (``model`` with ``id`` and
``options``, under its names), so that its tools read the file too.
What a version refers to is written down by content: examples as their cases, includes by digest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from llmops_magics.errors import PromptError, PromptSyntaxError
from llmops_magics.prompts.template import parse
from llmops_magics.record import to_jsonable

if TYPE_CHECKING:
    from llmops_magics.prompts.version import (
        ChangeTest,
        Examples,
        Inclusion,
        Message,
        PromptVersion,
    )

_ROLE_LINE = re.compile(r"^(system|user|assistant)[ \t]*:[ \t]*$", re.IGNORECASE | re.MULTILINE)
# Blanks at an end, and characters that YAML takes for the end of a line.
_ODD = re.compile(r"\A\s|\s\Z|[ \t]\n|[^\S \t\n]|\ufeff")
_LINE = re.compile(r"^(?=.*[^ \t\n])", re.MULTILINE)
# Prompty's own tools take these for the end of the front matter wherever they stand in it. They
# occur in quoted texts only, so they are written as escapes.
_MASKED = {"---": r"-\x2D-", "+++": r"+\x2B+"}
_OPTIONS = {
    "top_p": "topP",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "max_completion_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "reasoning_effort": "reasoningEffort",
    "parallel_tool_calls": "allowMultipleToolCalls",
}
_ENDLESS = 1 << 30  # columns: lines are not folded, so that one change is one line of a diff


class _Dumper(yaml.SafeDumper):
    """Plain YAML: no anchors, and a text of several lines as such."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write what occurs twice twice."""
        return True

    def write_text(self, data: str) -> yaml.ScalarNode:
        """Choose the style of a text: a block if it is plain lines, else quoted if need be."""
        is_masked = any(mark in data for mark in _MASKED)
        is_odd = is_masked or _ODD.search(data) is not None
        style = '"' if is_odd else "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.write_text)


def to_prompty(version: PromptVersion) -> str:
    """Return a version as the text of a ``.prompty`` file.

    Raises ``PromptError`` for one that no such text can say, which is one too large to be read.
    """
    head = yaml.dump(
        to_jsonable(_head(version)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_ENDLESS,
    )
    for mark, escaped in _MASKED.items():
        head = head.replace(mark, escaped)
    body = "\n\n".join(map(_block, version.messages))
    text = f"---\n{head}---\n{body}\n"
    _check(version, text)
    return text


def _head(version: PromptVersion) -> dict[str, Any]:
    parts = {
        "name": version.name,
        "description": version.description,
        "authors": _authors(version),
        "tags": [key for key, value in version.tags.items() if not value],
        "model": _model(version),
        "inputs": {name: _input(schema) for name, schema in version.inputs.items()},
        "sample": version.sample,
        "includes": {i.reference: _pin(i) for i in version.includes},
        "examples": _examples(version.examples) if version.examples else None,
        "tests": [_test(test) for test in version.tests],
        "risk": version.risk,
    }
    return {key: value for key, value in parts.items() if value}


def _authors(version: PromptVersion) -> list[str]:
    """Return the authors that the text as registered names; no version keeps them."""
    try:
        return list(parse(version.source, may_be_empty=True).authors)
    except PromptSyntaxError:  # it was registered under rules that have changed since
        return []


def _model(version: PromptVersion) -> dict[str, Any]:
    """Return the model in Prompty's form; what it has no name for keeps OpenAI's."""
    options = {_option(name, value): value for name, value in version.settings.items()}
    return {key: part for key, part in (("id", version.model), ("options", options)) if part}


def _option(setting: str, value: Any) -> str:
    if setting == "stop" and not isinstance(value, list):
        return setting  # Prompty's is a list
    return _OPTIONS.get(setting, setting)


def _input(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a declaration in Prompty's words: ``kind`` stands for ``type``."""
    if "type" not in schema:
        return schema
    kind = "float" if schema["type"] == "number" else schema["type"]
    return {"kind": kind} | {key: value for key, value in schema.items() if key != "type"}


def _pin(inclusion: Inclusion) -> str:
    return f"{inclusion.name}@{inclusion.digest}"


def _examples(examples: Examples) -> dict[str, Any]:
    cases = [{**case.inputs, "expected": case.expected} for case in examples.cases]
    parts = {"dataset": examples.dataset, "user": examples.user, "assistant": examples.assistant}
    return {key: value for key, value in parts.items() if value} | {"cases": cases}


def _test(test: ChangeTest) -> dict[str, Any]:
    return {key: value for key, value in to_jsonable(test).items() if value}


def _block(message: Message) -> str:
    """Return a message below its role line, indented if it holds what looks like another."""
    content = message.content
    if _ROLE_LINE.search(content):
        content = _LINE.sub("  ", content)
    return f"{message.role}:\n{content}"


def _check(version: PromptVersion, text: str) -> None:
    """Refuse to hand out a text that would not be read as the version it was made of."""
    try:
        read = parse(text)
    except PromptSyntaxError as error:
        raise PromptError(
            f"{version.ref} does not fit into a .prompty file: {error.message}",
            hint="Keep large examples in a dataset, and large texts in variables.",
        ) from error
    parts = ("messages", "model", "settings", "inputs", "tests", "risk", "sample")
    said = [*(getattr(read, part) for part in parts), read.examples and read.examples.cases]
    meant = [
        *(getattr(version, part) for part in parts),
        version.examples and version.examples.cases,
    ]
    if to_jsonable(said) != to_jsonable(meant):
        raise PromptError(f"{version.ref} cannot be written as a .prompty file without a loss.")
