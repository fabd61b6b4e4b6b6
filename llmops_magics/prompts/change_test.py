"""The ``tests:`` of a front matter: their shape only, the rules are read where they are decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import read_text, read_texts, refuse_unknown
from llmops_magics.prompts.version import ChangeTest

MAX_TESTS = 20
MAX_RULES = 50
_KEYS = ("data", "rules", "scorers", "model", "baseline")


def read_tests(value: Any) -> tuple[ChangeTest, ...]:
    """Read one test or a list of them; raises ``PromptSyntaxError`` for what is no test."""
    items = [] if value is None else value if isinstance(value, list) else [value]
    if len(items) > MAX_TESTS:
        raise PromptSyntaxError(f"The prompt has {len(items)} tests; at most {MAX_TESTS} pass.")
    return tuple(_read_test(item, position) for position, item in enumerate(items, 1))


def _read_test(item: Any, position: int) -> ChangeTest:
    where = f"in test {position} under `tests`"
    if not isinstance(item, Mapping):
        raise PromptSyntaxError(
            f"Test {position} under `tests` is a {type(item).__name__}.",
            hint='Write {data: cases.jsonl, rules: ["accuracy >= 0.8"]}.',
        )
    refuse_unknown(item, _KEYS, where)
    data = read_text(item, "data", where).strip()
    rules = tuple(rule.strip() for rule in read_texts(item, "rules", where))
    if not data or not rules or not all(rules):
        missing = "rules" if data else "data"
        raise PromptSyntaxError(f"There is no `{missing}` {where}, or it is empty.")
    if len(rules) > MAX_RULES:
        raise PromptSyntaxError(f"There are {len(rules)} rules {where}; at most {MAX_RULES} pass.")
    return ChangeTest(
        data=data,
        rules=rules,
        scorers=read_texts(item, "scorers", where),
        model=read_text(item, "model", where).strip(),
        baseline=read_text(item, "baseline", where).strip(),
    )
