"""Attacks of garak, from the report of a run.

An attempt that names its ``targets`` (or ``notes.triggers``) succeeds where the answer says one of
them, which is also garak's own test. Of the others it can only be told that the answer refused:
what did not refuse has to be reviewed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmops_magics.guard.redteam.attack import ROLES, Attack, Goal, Turn

_RISKS = {
    "leakreplay": "LLM02",
    "sysprompt_extraction": "LLM07",
    "exploitation": "LLM05",
    "web_injection": "LLM05",
    "xss": "LLM05",
    "packagehallucination": "LLM09",
    "misleading": "LLM09",
    "divergence": "LLM10",
}


def garak_attacks(rows: Iterable[Mapping[str, Any]]) -> Iterator[Attack]:
    """Return an attack for each attempt that says something to a model."""
    number = 0
    for row in rows:
        turns = _turns(row.get("prompt")) if row.get("entry_type") == "attempt" else []
        if not turns or turns[-1].role != "user":
            continue
        number += 1
        probe = str(row.get("probe_classname") or "garak").removeprefix("probes.")
        yield Attack(
            id=f"garak/{probe}/{number}"[:200],
            family=f"garak {probe.partition('.')[0]}",
            template=f"garak/{probe}",
            mutator="",
            risks=(_RISKS.get(probe.partition(".")[0], "LLM01"),),
            user=turns[-1].content,
            history=tuple(turns[:-1]),
            goals=(_goal(row),),
        )


def _goal(row: Mapping[str, Any]) -> Goal:
    notes = row.get("notes")
    triggers = notes.get("triggers") if isinstance(notes, Mapping) else None
    wanted = row.get("targets") or triggers or ()
    texts = tuple(t for t in wanted if isinstance(t, str) and t.strip()) if _is_list(wanted) else ()
    return Goal(kind="says", texts=texts) if texts else Goal(kind="complies")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _turns(prompt: Any) -> list[Turn]:
    """Read a prompt as older and newer reports have it: a text, a message, a conversation."""
    if isinstance(prompt, str):
        return [Turn(role="user", content=prompt)] if prompt.strip() else []
    if not isinstance(prompt, Mapping):
        return []
    turns = prompt.get("turns")
    if not isinstance(turns, list):
        return _turns(prompt.get("text") or "")
    return [turn for each in turns if (turn := _turn(each)) is not None]


def _turn(value: Any) -> Turn | None:
    if not isinstance(value, Mapping):
        return None
    content = value.get("content")
    text = content.get("text") if isinstance(content, Mapping) else content
    role = str(value.get("role"))
    is_said = isinstance(text, str) and role in ROLES  # a system prompt is the target's own
    return Turn(role=role, content=str(text)) if is_said else None
