"""What changed between two prompts, part by part: from messages to images and tests.

A part that is more than a text is shown as indented JSON with sorted keys, so that a comparison
line by line tells what differs in it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from llmops_magics.prompts.inclusion import walk
from llmops_magics.prompts.version import Change, Message, PromptDiff, PromptVersion
from llmops_magics.record import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_APART = ("tools", "response_format")  # settings with a field of their own


def diff(before: PromptVersion | None, after: PromptVersion) -> PromptDiff:
    """Compare two versions; with no ``before``, all of ``after`` is new.

    A message is named by its role, the second of a role ``user[2]``. A part that one side lacks
    is the empty text there. Fields: ``system``, ``order``, ``model``, ``settings.seed``,
    ``tools.NAME``, ``response_format``, ``inputs.question``, ``includes.NAME`` (the included text;
    digests where only what stands around it changed), ``examples``, ``images.PATH``, ``tests``,
    ``risk``, ``description`` and ``variables``.
    """
    changes = [*_compare(_messages, before, after), *_compare_roles(before, after)]
    for part in (_model, _settings, _tools, _inputs):
        changes += _compare(part, before, after)
    changes += _compare_includes(before, after)
    for part in (_examples, _images, _tests, _risk, _rest):
        changes += _compare(part, before, after)
    return PromptDiff(before=before.ref if before else "", after=after.ref, changes=tuple(changes))


def _compare(
    part: Callable[[PromptVersion], dict[str, str]],
    before: PromptVersion | None,
    after: PromptVersion,
) -> Iterator[Change]:
    old, new = part(before) if before else {}, part(after)
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name, ""), new.get(name, "")
        if was != now:
            yield Change(field=name, before=was, after=now)


def _compare_roles(before: PromptVersion | None, after: PromptVersion) -> Iterator[Change]:
    """Report messages that only changed places, which no comparison by role can see."""
    if before is None:
        return
    old, new = (_roles(version.messages) for version in (before, after))
    if sorted(old) == sorted(new) and old != new:
        yield Change(field="order", before=", ".join(old), after=", ".join(new))


def _compare_includes(before: PromptVersion | None, after: PromptVersion) -> Iterator[Change]:
    texts = list(_compare(_included_texts, before, after))
    yield from texts
    told = {change.field for change in texts}
    for change in _compare(_included_digests, before, after):
        if change.field not in told:
            yield change


def _roles(messages: Iterable[Message]) -> list[str]:
    return [message.role for message in messages]


def _messages(version: PromptVersion) -> dict[str, str]:
    return _number((message.role, message.content) for message in version.messages)


def _number(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name items that share a name ``user``, ``user[2]`` and so on."""
    seen: Counter[str] = Counter()
    named = {}
    for name, text in items:
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name}[{seen[name]}]"] = text
    return named


def _model(version: PromptVersion) -> dict[str, str]:
    return {"model": version.model}


def _settings(version: PromptVersion) -> dict[str, str]:
    settings = version.settings
    return {
        f"settings.{name}": _show(settings[name]) for name in sorted(settings) if name not in _APART
    }


def _tools(version: PromptVersion) -> dict[str, str]:
    tools = _number((tool["function"]["name"], _show(tool["function"])) for tool in version.tools)
    found = {f"tools.{name}": text for name, text in tools.items()}
    if "response_format" in version.settings:
        found["response_format"] = _show(version.settings["response_format"])
    return found


def _inputs(version: PromptVersion) -> dict[str, str]:
    return {f"inputs.{name}": _show(schema) for name, schema in version.inputs.items()}


def _included_texts(version: PromptVersion) -> dict[str, str]:
    return _included(version, "content")


def _included_digests(version: PromptVersion) -> dict[str, str]:
    return _included(version, "digest")


def _included(version: PromptVersion, what: str) -> dict[str, str]:
    """Return each prompt that is included, directly or through others, once a digest."""
    once = {(found.name, found.digest): found for found, _ in walk(version.includes)}
    named = _number((found.name, getattr(found, what)) for found in once.values())
    return {f"includes.{name}": text for name, text in named.items()}


def _examples(version: PromptVersion) -> dict[str, str]:
    return {"examples": _show(version.examples)} if version.examples else {}


def _images(version: PromptVersion) -> dict[str, str]:
    return {f"images.{path}": version.images[path] for path in sorted(version.images)}


def _tests(version: PromptVersion) -> dict[str, str]:
    return {"tests": _show(version.tests)} if version.tests else {}


def _risk(version: PromptVersion) -> dict[str, str]:
    return {"risk": version.risk} if version.risk else {}


def _rest(version: PromptVersion) -> dict[str, str]:
    return {"description": version.description, "variables": ", ".join(version.variables)}


def _show(value: Any) -> str:
    """Return a value as text that a line-by-line comparison reads well."""
    plain = to_jsonable(value)
    indent = 2 if isinstance(plain, dict | list) and plain else None
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=indent)
