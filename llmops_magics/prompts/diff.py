"""What changed between two prompts: messages by role and position, model, settings, variables."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from llmops_magics.prompts.version import Change, Message, PromptDiff, PromptVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def diff(before: PromptVersion | None, after: PromptVersion) -> PromptDiff:
    """Compare two versions; with no ``before``, all of ``after`` is new.

    A message is named by its role, the second of a role ``user[2]``. A part that one side lacks
    is the empty text there.
    """
    changes = [
        *_compare(_messages(before), _messages(after)),
        *_compare_roles(before, after),
        *_compare({"model": before.model if before else ""}, {"model": after.model}),
        *_compare(_settings(before), _settings(after)),
        *_compare(_rest(before), _rest(after)),
    ]
    return PromptDiff(before=before.ref if before else "", after=after.ref, changes=tuple(changes))


def _compare(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Change(field=name, before=old, after=new)


def _compare_roles(before: PromptVersion | None, after: PromptVersion) -> Iterator[Change]:
    """Report messages that only changed places, which no comparison by role can see."""
    if before is None:
        return
    old, new = (_roles(version.messages) for version in (before, after))
    if sorted(old) == sorted(new) and old != new:
        yield Change(field="order", before=", ".join(old), after=", ".join(new))


def _roles(messages: Iterable[Message]) -> list[str]:
    return [message.role for message in messages]


def _messages(version: PromptVersion | None) -> dict[str, str]:
    seen: Counter[str] = Counter()
    named = {}
    for message in version.messages if version else ():
        seen[message.role] += 1
        count = seen[message.role]
        named[message.role if count == 1 else f"{message.role}[{count}]"] = message.content
    return named


def _settings(version: PromptVersion | None) -> dict[str, str]:
    settings = version.settings if version else {}
    return {f"settings.{name}": _show(settings[name]) for name in sorted(settings)}


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _rest(version: PromptVersion | None) -> dict[str, str]:
    if version is None:
        return {}
    return {"description": version.description, "variables": ", ".join(version.variables)}
