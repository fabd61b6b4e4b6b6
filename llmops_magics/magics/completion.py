"""Completion of our magics' options and values; IPython has none for ``argparse``.

What an argument's value is stands beside the argument itself (``command.operation.Argument``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from llmops_magics.command.metrics import PLOT
from llmops_magics.command.operation import Argument, Operation, argument
from llmops_magics.magics import (
    approval,
    audit,
    budget,
    cache,
    corpus,
    dataset,
    dossier,
    gate,
    guard,
    index,
    monitor,
    prompt,
    release,
    router,
    runs,
    trace,
)
from llmops_magics.magics.candidate import SHOWN, VALUES, Cursor
from llmops_magics.magics.operation import OperationMagic

_LINE = re.compile(r"(?:^|=\s*)(%%?\w+)\s(.*)$", re.DOTALL)
_WORD_BREAK = re.compile(r"[\s,]")
_INCLUDE = re.compile(r"{%-?\s*include\s+[\"']([^\"']*)$")
_EXPRESSION = re.compile(r"{{-?\s*+(?:[^}]{0,500}[\s(|])?(\w{0,100})$")
_DECLARED = re.compile(r"(?:^[^\S\n]++|{{-?\s*+)([a-z_]\w*+)(?=\s*+(?::|}}|\|))", re.MULTILINE)
_FLAGS = ("--help", "--traceback")


@context_matcher()
def complete_magic(context: Any) -> dict[str, Any]:
    """Complete the word under the cursor on the line of one of our magics."""
    found = _LINE.search(context.line_with_cursor)
    if found is None or found[1] not in _MAGICS:
        return _in_template(context)
    word = _WORD_BREAK.split(found[2])[-1]
    before = found[2][: len(found[2]) - len(word)].replace(",", " , ").split()
    names = _MAGICS[found[1]](Cursor(before=before, word=word))
    return {
        "completions": [SimpleCompletion(name, type="param") for name in names[:SHOWN]],
        "matched_fragment": word,
        "suppress": bool(names),
    }


def _of_operation(magic: OperationMagic) -> Callable[[Cursor], list[str]]:
    def complete(cursor: Cursor) -> list[str]:
        operations = magic.operations
        if not cursor.before:
            return _starting(operations, cursor.word)
        if cursor.before[0] not in operations:
            return []
        rest = Cursor(before=cursor.before[1:], word=cursor.word)
        return _candidates(operations[cursor.before[0]].arguments, rest)

    return complete


def _of(
    module: str, name: str = "ARGUMENTS", *, more: Sequence[Argument] = ()
) -> Callable[[Cursor], list[str]]:
    """Complete the arguments of that name in a module of ``command``, or of an operation there."""

    def complete(cursor: Cursor) -> list[str]:
        found = getattr(import_module(f"llmops_magics.command.{module}"), name)
        arguments = found.arguments if isinstance(found, Operation) else found
        return _candidates((*arguments, *more), cursor)

    return complete


def _in_template(context: Any) -> dict[str, Any]:
    """Complete references and variables in the body of a ``%%prompt`` cell."""
    text = context.full_text
    if not text.lstrip().startswith("%%prompt") or context.cursor_line == 0:
        return {"completions": []}
    line = context.line_with_cursor
    included, expression = _INCLUDE.search(line), _EXPRESSION.search(line)
    if included:
        word = included[1]
        names = _starting(VALUES["ref"](Cursor(before=(), word=word)), word)
    elif expression:
        word = expression[1]
        names = _starting(sorted({*_DECLARED.findall(text), "image", "range"}), word)
    else:
        return {"completions": []}
    return {
        "completions": [SimpleCompletion(name, type="param") for name in names[:SHOWN]],
        "matched_fragment": word,
        "suppress": bool(names),
    }


def _candidates(arguments: Sequence[Argument], cursor: Cursor) -> list[str]:
    if cursor.word.startswith("-"):
        flags = {flag for a in arguments for flag in a.flags if flag.startswith("--")}
        return _starting({*flags, *_FLAGS}, cursor.word)
    found = _argument_at(arguments, cursor.before)
    if found is None:
        return []
    if found.complete in VALUES:
        return _starting(VALUES[found.complete](cursor), cursor.word)
    return _starting(map(str, found.options.get("choices", ())), cursor.word)


def _argument_at(arguments: Sequence[Argument], before: Sequence[str]) -> Argument | None:
    """Return the argument that the next word belongs to."""
    options = {flag: a for a in arguments for flag in a.flags if a.is_option}
    positions = [a for a in arguments if not a.is_option]
    last = before[-1] if before else ""
    if last == "," and len(before) > 2:  # a list with commas goes on
        last = next((word for word in reversed(before) if word.startswith("--")), "")
    if last in options and "action" not in options[last].options:
        return options[last]
    taken = len(_positional(options, before))
    if positions and "nargs" in positions[-1].options:
        taken = min(taken, len(positions) - 1)
    return positions[taken] if taken < len(positions) else None


def _positional(options: Mapping[str, Argument], before: Iterable[str]) -> list[str]:
    words, skip = [], False
    for word in before:
        if skip:
            skip = False
        elif word.startswith("-"):
            option = options.get(word)
            action = option.options.get("action") if option else "store_true"
            skip = action in (None, "append")
        else:
            words.append(word)
    return words


def _starting(names: Iterable[str], word: str) -> list[str]:
    return sorted(name for name in names if name.startswith(word))


def _of_index_status(cursor: Cursor) -> list[str]:
    return _candidates(index.OPERATIONS.operations["status"].arguments, cursor)


_MAGICS: dict[str, Callable[[Cursor], list[str]]] = {
    "%%prompt": _of("registration", more=[argument("--run", action="store_true")]),
    "%prompt": _of_operation(prompt.OPERATIONS),
    "%llm_dataset": _of_operation(dataset.OPERATIONS),
    "%llm_corpus": _of_operation(corpus.OPERATIONS),
    "%llm_index": _of_operation(index.OPERATIONS),
    "%index_status": _of_index_status,
    "%llm_eval": _of("evaluation"),
    "%llm_redteam": _of("redteam"),
    "%llm_calibrate": _of("calibrate"),
    "%llm_power": _of("power"),
    "%llm_cost": _of("cost"),
    "%llm_budget": _of_operation(budget.OPERATIONS),
    "%llm_audit": _of_operation(audit.OPERATIONS),
    "%llm_dossier": _of_operation(dossier.OPERATIONS),
    "%llm_approve": _of("approval"),
    "%llm_approvals": _of_operation(approval.OPERATIONS),
    "%llm_router": _of_operation(router.OPERATIONS),
    "%llm_rightsize": _of("rightsize"),
    "%llm_cache": _of_operation(cache.OPERATIONS),
    "%llm_metrics": _of("metrics", more=[PLOT]),
    "%llm_monitor": _of_operation(monitor.OPERATIONS),
    "%retrieval_check": _of("check", "CHECK"),
    "%retrieval_drift": _of("check", "DRIFT"),
    "%retrieval_sweep": _of("sweep", "SWEEP"),
    "%retrieval_causes": _of("causes", "CAUSES"),
    "%retrieval_queries": _of("relevance", "QUERIES_ARGUMENTS"),
    "%retrieval_label": _of("relevance", "LABEL"),
    "%llm_search": _of("search", "SEARCH"),
    "%retrieval_access": _of("search", "ACCESS"),
    "%llm_runs": _of_operation(runs.OPERATIONS),
    "%llm_trace": _of_operation(trace.OPERATIONS),
    "%guard": _of_operation(guard.OPERATIONS),
    "%llm_gate": _of_operation(gate.OPERATIONS),
    "%llm_release": _of_operation(release.OPERATIONS),
    "%%guard": lambda cursor: _candidates(guard.cell_arguments(), cursor),
}
