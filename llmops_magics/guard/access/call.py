"""What the policies are told of one call of a tool: facts that code works out, not the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from llmops_magics.config.access import ToolSettings
from llmops_magics.guard.access.host import hosts_in, is_covered
from llmops_magics.record import to_jsonable

MAX_CHARACTERS: Final = 1_000_000
_SHOWN = 5


def call_facts(
    tool: ToolSettings, context: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the context of a call as the schema of the policies has it, and what to add in words.

    Of arguments that nobody gave nothing is held against the call: then the question is who may.
    """
    prompt = str(context.get("prompt") or "")
    given = context.get("arguments")
    arguments, fault = read_arguments(given) if given is not None else ({}, "")
    if given is not None and not fault:
        fault = find_fault(arguments, tool.arguments)
    hosts = strange_hosts(arguments, tool.hosts)
    facts: dict[str, Any] = {
        "is_prompt_listed": not tool.prompts or any(fnmatchcase(prompt, p) for p in tool.prompts),
        "are_arguments_valid": not fault,
        "are_hosts_allowed": not hosts,
        "is_tainted": bool(context.get("tainted", False)),
        "is_confirmed": bool(context.get("confirmed", False)),
    }
    if prompt:
        facts["prompt"] = prompt
    words = {
        "tool-prompt": prompt or "no prompt",
        "tool-arguments": fault,
        "tool-hosts": ", ".join(hosts[:_SHOWN]),
    }
    return facts, words


def read_arguments(given: Any) -> tuple[dict[str, Any], str]:
    """Return the arguments as an object, and what is wrong with them: an object, or its JSON."""
    if isinstance(given, str):
        if len(given) > MAX_CHARACTERS:
            return {}, f"they are longer than {MAX_CHARACTERS:,} characters"
        try:
            given = json.loads(given or "{}", object_pairs_hook=_once)
        except (ValueError, RecursionError):
            return {}, "they are no JSON object, each of its keys once"
    if not isinstance(given, Mapping):
        return {}, "they are no object"
    try:
        plain: dict[str, Any] = to_jsonable(given)
    except RecursionError:
        return {}, "they are nested too deeply"
    return plain, ""


def find_fault(arguments: Mapping[str, Any], schema: Mapping[str, Any] | None) -> str:
    """Return where arguments breach a schema, and which keyword; never their values.

    A schema that cannot be used accepts nothing.
    """
    if schema is None:
        return ""
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator: Any = validator_for(schema)
    offline: Any = Registry()  # nothing is fetched
    try:
        fault = best_match(validator(schema, registry=offline).iter_errors(arguments))
    except (Unresolvable, RecursionError):
        return "the tool's schema cannot be used"
    return "" if fault is None else f"{fault.json_path[:200]} breaches `{fault.validator}`"


def strange_hosts(arguments: Mapping[str, Any], allowed: tuple[str, ...] | None) -> list[str]:
    """Return the hosts in arguments that are not allowed; with no list all are."""
    if allowed is None:
        return []
    return [host for host in hosts_in(arguments) if not is_covered(host, allowed)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says a key twice: who checks and who calls might not read the same."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
