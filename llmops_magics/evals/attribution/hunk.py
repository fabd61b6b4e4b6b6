"""A change of a prompt taken apart: sentences, settings, tools and what else it is made of.

Each part can be applied to the base alone or with others. All parts together give exactly the
changed content, none give exactly the base.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from llmops_magics.evals.attribution.align import Slot, align, share_of_words
from llmops_magics.evals.attribution.passage import Passage
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import Inclusion, Message
from llmops_magics.record import to_jsonable

Part = tuple[str | int, ...]
"""What is switched from base to whole: ("message", slot, sentence), ("settings", name), …"""

T = TypeVar("T")
MAPPINGS = ("inputs", "images")
WHOLES = ("model", "examples", "tests")


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """One part of a change, or several that only go together."""

    field: str  # as in a diff: "system", "user[2]", "settings.temperature"
    before: str
    after: str
    parts: frozenset[Part]


class Change:
    """The difference between two contents, as hunks."""

    def __init__(self, base: PromptContent, whole: PromptContent) -> None:
        self._base = base
        self._whole = whole
        self._slots = align(base.messages, whole.messages, _message_likeness)
        self._passages = {
            number: Passage(base.messages[slot.before].content, whole.messages[slot.after].content)
            for number, slot in enumerate(self._slots)
            if slot.before is not None and slot.after is not None
        }
        self._tools = _Keyed(_tools(base.settings), _tools(whole.settings))
        self._includes = _Keyed(_by_reference(base.includes), _by_reference(whole.includes))
        self.hunks = (*self._message_hunks(), *self._value_hunks())

    def apply(self, parts: Collection[Part]) -> PromptContent:
        """Return the base with these parts of the change."""
        values = {
            name: getattr(self._whole if (name,) in parts else self._base, name)
            for name in (*WHOLES, *MAPPINGS)
        }
        values |= {name: self._mapping(name, parts) for name in MAPPINGS if self._is_keyed(name)}
        return PromptContent(
            messages=tuple(self._messages(parts)),
            settings=self._settings(parts),
            includes=tuple(self._includes.merge("includes", parts)),
            **values,
        )

    def complete(self, parts: frozenset[Part]) -> frozenset[Part]:
        """Add what the texts need and the base lacks: declared inputs, inclusions, images."""
        text = "\n".join(message.content for message in self.apply(parts).messages)
        return parts | {part for part in self._additions() if _is_named(str(part[1]), text)}

    def is_addition(self, part: Part) -> bool:
        """Tell whether a part only adds what some text may name, and so does nothing alone."""
        return part in self._additions()

    def _additions(self) -> set[Part]:
        added: set[Part] = {("includes", key) for key in self._includes.added}
        for name in filter(self._is_keyed, MAPPINGS):
            keys = getattr(self._whole, name).keys() - getattr(self._base, name).keys()
            added |= {(name, key) for key in keys}
        return added

    def _message_hunks(self) -> Iterator[Hunk]:
        for number, slot in enumerate(self._slots):
            field = self._field(slot)
            passage = self._passages.get(number)
            if passage is None:
                yield Hunk(
                    field=field,
                    before=_content(self._base, slot.before),
                    after=_content(self._whole, slot.after),
                    parts=frozenset({("message", number)}),
                )
                continue
            for group in passage.groups:
                before, after = passage.excerpt(group)
                parts = frozenset(("message", number, sentence) for sentence in group)
                yield Hunk(field=field, before=before, after=after, parts=parts)

    def _value_hunks(self) -> Iterator[Hunk]:
        for name in WHOLES:
            yield from _hunk_of(
                name, (name,), getattr(self._base, name), getattr(self._whole, name)
            )
        old, new = (
            _plain_settings(side.settings, self._tools) for side in (self._base, self._whole)
        )
        yield from _hunks_of("settings", old, new)
        yield from self._tools.hunks("tools", "settings.tools")
        yield from self._includes.hunks("includes", "includes")
        for name in MAPPINGS:
            sides = getattr(self._base, name), getattr(self._whole, name)
            if self._is_keyed(name):
                yield from _hunks_of(name, *sides)
            else:
                yield from _hunk_of(name, (name,), *sides)

    def _messages(self, parts: Collection[Part]) -> Iterator[Message]:
        for number, slot in enumerate(self._slots):
            chosen = ("message", number) in parts
            if slot.after is None and slot.before is not None and not chosen:
                yield self._base.messages[slot.before]
            elif slot.before is None and slot.after is not None and chosen:
                yield self._whole.messages[slot.after]
            elif slot.before is not None and number in self._passages:
                sentences = {p[2] for p in parts if p[:2] == ("message", number) and len(p) == 3}
                text = self._passages[number].merge(sentences)
                yield replace(self._base.messages[slot.before], content=text)

    def _settings(self, parts: Collection[Part]) -> dict[str, Any]:
        old, new = (
            _plain_settings(side.settings, self._tools) for side in (self._base, self._whole)
        )
        settings = _merge(old, new, "settings", parts)
        tools = list(self._tools.merge("tools", parts))
        return {**settings, "tools": tools} if tools else settings

    def _mapping(self, name: str, parts: Collection[Part]) -> dict[str, Any]:
        return _merge(getattr(self._base, name), getattr(self._whole, name), name, parts)

    def _is_keyed(self, name: str) -> bool:
        """Tell whether a mapping is split by key: to declare inputs at all is one step."""
        return name != "inputs" or bool(self._base.inputs and self._whole.inputs)

    def _field(self, slot: Slot) -> str:
        side, position = (
            (self._base, slot.before) if slot.before is not None else (self._whole, slot.after or 0)
        )
        role = side.messages[position].role
        count = sum(message.role == role for message in side.messages[: position + 1])
        return role if count == 1 else f"{role}[{count}]"


class _Keyed:
    """Two lists of items with a unique key each, merged by key; order counts."""

    def __init__(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        self.is_usable = before is not None and after is not None
        self._before = before if self.is_usable and before else {}
        self._after = after if self.is_usable and after else {}
        self._keys = list(self._before), list(self._after)
        self._slots = align(*self._keys, lambda *_: None)

    @property
    def added(self) -> list[str]:
        return [key for key in self._after if key not in self._before]

    def merge(self, name: str, parts: Collection[Part]) -> Iterator[Any]:
        for slot in self._slots:
            key = self._key(slot)
            chosen = (name, key) in parts
            if slot.after is not None and chosen:
                yield self._after[key]
            elif slot.before is not None and not chosen:
                yield self._before[key]

    def hunks(self, name: str, field: str) -> Iterator[Hunk]:
        moved = {self._key(slot) for slot in self._slots if None in slot}
        for key in dict.fromkeys((*self._after, *self._before)):
            before, after = self._before.get(key), self._after.get(key)
            if before != after or key in moved:
                yield Hunk(
                    field=f"{field}.{key}",
                    before=_show(before),
                    after=_show(after),
                    parts=frozenset({(name, key)}),
                )

    def _key(self, slot: Slot) -> str:
        return (
            self._keys[0][slot.before]
            if slot.before is not None
            else self._keys[1][slot.after or 0]
        )


def group_by_field(hunks: Iterable[Hunk]) -> tuple[Hunk, ...]:
    """Return one hunk for each message, and one each for settings, tools and the like."""
    grouped: dict[str, list[Hunk]] = {}
    for hunk in hunks:
        grouped.setdefault(_coarse(hunk.field), []).append(hunk)
    return tuple(
        Hunk(
            field=field,
            before="\n".join(hunk.before for hunk in own if hunk.before),
            after="\n".join(hunk.after for hunk in own if hunk.after),
            parts=frozenset().union(*(hunk.parts for hunk in own)),
        )
        for field, own in grouped.items()
    )


def _coarse(field: str) -> str:
    return "settings.tools" if field.startswith("settings.tools.") else field.partition(".")[0]


def _message_likeness(one: Message, other: Message) -> float | None:
    return share_of_words(one.content, other.content) if one.role == other.role else None


def _tools(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the tools by name, None where names do not tell them apart."""
    tools = settings.get("tools", [])
    if "tools" in settings and not (isinstance(tools, list) and tools):
        return None
    by_name = {_tool_name(tool): tool for tool in tools}
    return by_name if len(by_name) == len(tools) and "" not in by_name else None


def _tool_name(tool: Any) -> str:
    function = tool.get("function") if isinstance(tool, dict) else None
    return str(function.get("name") or "") if isinstance(function, dict) else ""


def _by_reference(includes: Sequence[Inclusion]) -> dict[str, Any]:
    return {inclusion.reference: inclusion for inclusion in includes}


def _plain_settings(settings: Mapping[str, Any], tools: _Keyed) -> dict[str, Any]:
    return {name: v for name, v in settings.items() if name != "tools" or not tools.is_usable}


def _merge(
    before: Mapping[str, Any], after: Mapping[str, Any], name: str, parts: Collection[Part]
) -> dict[str, Any]:
    return {
        key: (after if (name, key) in parts else before)[key]
        for key in dict.fromkeys((*after, *before))
        if key in (after if (name, key) in parts else before)
    }


def _hunks_of(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Hunk]:
    for key in dict.fromkeys((*after, *before)):
        yield from _hunk_of(f"{name}.{key}", (name, key), before.get(key), after.get(key))


def _hunk_of(field: str, part: Part, before: Any, after: Any) -> Iterator[Hunk]:
    if before != after:
        parts = frozenset({part})
        yield Hunk(field=field, before=_show(before), after=_show(after), parts=parts)


def _content(side: PromptContent, position: int | None) -> str:
    return "" if position is None else side.messages[position].content


def _is_named(key: str, text: str) -> bool:
    return re.search(rf"(?<![\w/]){re.escape(key)}(?![\w/])", text) is not None


def _show(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(to_jsonable(value), ensure_ascii=False, sort_keys=True)
