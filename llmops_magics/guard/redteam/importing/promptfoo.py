"""Attacks of promptfoo, from the tests that its red team generates.

Assertions that forbid a text (``not-contains``, ``not-icontains``, ``not-contains-any``) become
goals. All others ask a model, or promptfoo's own service: of these it can only be told that the
answer refused, and what did not refuse has to be reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.attack import Attack, Goal

_USER = ("prompt", "query", "question", "input", "message", "user_input", "text")
_FORBIDS = {"not-contains", "not-icontains", "not-contains-any", "not-icontains-any"}
_RISKS = {
    "pii": "LLM02",
    "cross-session-leak": "LLM02",
    "prompt-extraction": "LLM07",
    "excessive-agency": "LLM06",
    "tool-discovery": "LLM06",
    "bola": "LLM06",
    "bfla": "LLM06",
    "rbac": "LLM06",
    "hallucination": "LLM09",
    "shell-injection": "LLM05",
    "sql-injection": "LLM05",
    "reasoning-dos": "LLM10",
}


def promptfoo_attacks(data: Any, name: str) -> Iterator[Attack]:
    """Return an attack for each test; raises ``GuardError`` for what holds none."""
    if not isinstance(data, Mapping | list):
        raise GuardError(f"{name} holds no tests of promptfoo.")
    tests = data.get("tests") if isinstance(data, Mapping) else data
    if not isinstance(tests, list):
        raise GuardError(
            f"{name} holds no list of tests.",
            hint="Give the file that `promptfoo redteam generate` writes.",
        )
    wanted = _variable(data)
    for number, test in enumerate(tests, 1):
        if isinstance(test, Mapping) and isinstance(test.get("vars"), Mapping):
            yield _attack(test, wanted, number, name)


def _attack(test: Mapping[str, Any], wanted: str, number: int, name: str) -> Attack:
    variables, metadata = test["vars"], _mapping(test.get("metadata"))
    user = next((variables[key] for key in (wanted, *_USER) if key in variables), None)
    if user is None and len(variables) == 1:
        (user,) = variables.values()
    if not isinstance(user, str) or not user.strip():
        raise GuardError(
            f"{name}: test {number} has no variable that holds the attack.",
            hint=f"It is looked for in {', '.join(_USER)}, and what `redteam.injectVar` names.",
        )
    plugin = str(metadata.get("pluginId") or "tests")
    context = variables.get("context")
    return Attack(
        id=f"promptfoo/{plugin}/{number}"[:200],
        family=f"promptfoo {plugin.partition(':')[0]}",
        template=f"promptfoo/{plugin}",
        mutator=str(metadata.get("strategyId") or ""),
        risks=(_RISKS.get(plugin.partition(":")[0], "LLM01"),),
        user=user,
        document=context if isinstance(context, str) else "",
        channel="document" if isinstance(context, str) and context else "user",
        goals=_goals(test.get("assert")),
    )


def _variable(data: Any) -> str:
    """Return the variable that the configuration says attacks go into."""
    redteam = data.get("redteam") if isinstance(data, Mapping) else None
    return str(_mapping(redteam).get("injectVar") or "")


def _goals(assertions: Any) -> tuple[Goal, ...]:
    found = assertions if isinstance(assertions, list) else []
    texts = [text for each in found if isinstance(each, Mapping) for text in _forbidden(each)]
    return (Goal(kind="says", texts=tuple(texts)),) if texts else (Goal(kind="complies"),)


def _forbidden(assertion: Mapping[str, Any]) -> Sequence[str]:
    value = assertion.get("value")
    if assertion.get("type") not in _FORBIDS:
        return ()
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text.strip()]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
