"""Completion of our magics' options and values; IPython has none for ``argparse``.

What an argument's value is stands beside the argument itself (``command.operation.Argument``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from llmops_magics.command.operation import Argument, argument
from llmops_magics.errors import LlmopsError
from llmops_magics.magics import budget, corpus, dataset, index, monitor, prompt, runs, trace
from llmops_magics.magics.operation import OperationMagic

_LINE = re.compile(r"(?:^|=\s*)(%%?\w+)\s(.*)$", re.DOTALL)
_WORD_BREAK = re.compile(r"[\s,]")
_INCLUDE = re.compile(r"{%-?\s*include\s+[\"']([^\"']*)$")
_EXPRESSION = re.compile(r"{{-?\s*(?:[^}]*[\s(|])?(\w*)$")
_DECLARED = re.compile(r"(?:^\s+|{{-?\s*)([a-z_]\w*)(?=\s*(?::|}}|\|))", re.MULTILINE)
_FLAGS = ("--help", "--traceback")
_SHOWN = 200  # more do not fit any menu


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where the cursor stands in a magic's line: the words before its own, and its own so far."""

    before: Sequence[str]
    word: str


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
        "completions": [SimpleCompletion(name, type="param") for name in names[:_SHOWN]],
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


def _of_registration(cursor: Cursor) -> list[str]:
    from llmops_magics.command.registration import ARGUMENTS

    return _candidates((*ARGUMENTS, argument("--run", action="store_true")), cursor)


def _of_evaluation(cursor: Cursor) -> list[str]:
    from llmops_magics.command.evaluation import ARGUMENTS

    return _candidates(ARGUMENTS, cursor)


def _of_calibrate(cursor: Cursor) -> list[str]:
    from llmops_magics.command.calibrate import ARGUMENTS

    return _candidates(ARGUMENTS, cursor)


def _of_cost(cursor: Cursor) -> list[str]:
    from llmops_magics.command.cost import ARGUMENTS

    return _candidates(ARGUMENTS, cursor)


def _of_power(cursor: Cursor) -> list[str]:
    from llmops_magics.command.power import ARGUMENTS

    return _candidates(ARGUMENTS, cursor)


def _of_rightsize(cursor: Cursor) -> list[str]:
    from llmops_magics.command.rightsize import ARGUMENTS

    return _candidates(ARGUMENTS, cursor)


def _of_metrics(cursor: Cursor) -> list[str]:
    from llmops_magics.command.metrics import ARGUMENTS, PLOT

    return _candidates((*ARGUMENTS, PLOT), cursor)


def _of_retrieval(operation: str) -> Callable[[Cursor], list[str]]:
    def complete(cursor: Cursor) -> list[str]:
        from llmops_magics.command.retrieval import OPERATIONS

        return _candidates(OPERATIONS[operation].arguments, cursor)

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
        names = _starting(_VALUES["ref"](Cursor(before=(), word=word)), word)
    elif expression:
        word = expression[1]
        names = _starting(sorted({*_DECLARED.findall(text), "image", "range"}), word)
    else:
        return {"completions": []}
    return {
        "completions": [SimpleCompletion(name, type="param") for name in names[:_SHOWN]],
        "matched_fragment": word,
        "suppress": bool(names),
    }


def _candidates(arguments: Sequence[Argument], cursor: Cursor) -> list[str]:
    if cursor.word.startswith("-"):
        flags = {flag for a in arguments for flag in a.flags if flag.startswith("--")}
        return _starting({*flags, *_FLAGS}, cursor.word)
    found = _argument_at(arguments, cursor.before)
    if found is None or found.complete not in _VALUES:
        return []
    return _starting(_VALUES[found.complete](cursor), cursor.word)


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


def _quietly(ask: Callable[[Any, Cursor], Iterable[str]]) -> Callable[[Cursor], list[str]]:
    """Ask the workspace's prompts; a broken workspace must not break typing."""

    def values(cursor: Cursor) -> list[str]:
        from llmops_magics.workspace import current_workspace

        try:
            return list(ask(current_workspace().prompts, cursor))
        except (LlmopsError, OSError):  # the magic itself will say
            return []

    return values


def _names(prompts: Any, _: Cursor) -> Iterable[str]:
    names: Iterable[str] = prompts.names()
    return names


def _references(prompts: Any, cursor: Cursor) -> Iterable[str]:
    """Names, and behind an ``@`` the labels and the newest numbers of that prompt."""
    name, at, _ = cursor.word.partition("@")
    if not at:
        return _names(prompts, cursor)
    log = prompts.log(name, limit=50)
    labels = [label for entry in log.entries for label in entry.labels]
    return [f"{name}@{which}" for which in (*labels, *(e.number for e in log.entries))]


def _labels(prompts: Any, cursor: Cursor) -> Iterable[str]:
    """Return the labels of the prompt that the line names."""
    names = [word.partition("@")[0] for word in cursor.before if not word.startswith("-")]
    listed = {p.name: p.labels for p in prompts.list().prompts}
    return next((listed[name] for name in names if name in listed), {})


def _assignments(prompts: Any, cursor: Cursor) -> Iterable[str]:
    """Return ``name=`` for each variable that the line does not give yet, or its known values."""
    given = {word.partition("=")[0] for word in cursor.before}
    version = prompts.get(next(word for word in cursor.before if not word.startswith("-")))
    name, equals, value = cursor.word.partition("=")
    if equals and value.startswith("@"):
        return [f"{name}=@{variable}" for variable in _variables(cursor)]
    if equals:
        return [f"{name}={each}" for each in version.inputs.get(name, {}).get("enum", ())]
    return [f"{name}=" for name in version.variables if name not in given]


def _datasets(cursor: Cursor) -> list[str]:
    """Return the names of datasets, and behind an ``@`` the numbers of that one's versions."""
    from llmops_magics.workspace import current_workspace

    name, at, _ = cursor.word.partition("@")
    try:
        registry = current_workspace().datasets.registry
        if not at:
            return list(registry.names())
        return [version.ref for version in reversed(registry.versions(name))]
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _corpora(cursor: Cursor) -> list[str]:
    """Return the names of corpora, and behind an ``@`` the numbers of that one's versions."""
    from llmops_magics.workspace import current_workspace

    name, at, _ = cursor.word.partition("@")
    try:
        registry = current_workspace().corpora.registry
        if not at:
            return list(registry.names())
        return [version.ref for version in reversed(registry.versions(name))]
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _targets(cursor: Cursor) -> Iterable[str]:
    """Return prompts, and the notebook's own functions."""
    from IPython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell else {}
    functions = [name for name in _variables(cursor) if isfunction(names[name])]
    return (*_VALUES["ref"](cursor), *functions, *(f":{name}" for name in functions))


def _runs(_: Cursor) -> list[str]:
    """Return the newest runs."""
    from llmops_magics.evals.run_list import NEWEST, list_runs
    from llmops_magics.workspace import current_workspace

    try:
        return [NEWEST, *(run.run_id for run in list_runs(current_workspace().store).runs)]
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _budgets(_: Cursor) -> list[str]:
    from llmops_magics.workspace import current_workspace

    try:
        return [state.budget.name for state in current_workspace().costs.budgets().budgets]
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _monitors(_: Cursor) -> list[str]:
    from llmops_magics.workspace import current_workspace

    try:
        return [monitor.name for monitor in current_workspace().monitors.list().monitors]
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _indexes(_: Cursor) -> list[str]:
    from llmops_magics.workspace import current_workspace

    try:
        return list(current_workspace().indexes.names())
    except (LlmopsError, OSError):  # the magic itself will say
        return []


def _chunkers(_: Cursor) -> list[str]:
    from llmops_magics.retrieval.chunking.registry import chunker_names

    return list(chunker_names())


def _of_index_status(cursor: Cursor) -> list[str]:
    return _candidates(index.OPERATIONS.operations["status"].arguments, cursor)


def _retrievers(_: Cursor) -> list[str]:
    from llmops_magics.retrieval.search.spec import RETRIEVERS

    return list(RETRIEVERS)


def _scorers(_: Cursor) -> Iterable[str]:
    from llmops_magics.evals.scorers.registry import SCORERS

    return list(SCORERS)


def _metrics(cursor: Cursor) -> Iterable[str]:
    from llmops_magics.evals.attribution.effect import MEASURES

    return (*_scorers(cursor), *MEASURES)


def _paths(cursor: Cursor) -> Iterable[str]:
    """Return files and folders that begin as the word does."""
    head, _, start = cursor.word.rpartition("/")
    folder = Path(f"{head}/" if head or cursor.word.startswith("/") else ".")
    try:
        found = sorted(p for p in folder.iterdir() if p.name.startswith(start))[:_SHOWN]
        lead = f"{head}/" if "/" in cursor.word else ""
        return [
            f"{lead}{path.name}{'/' if path.is_dir() else ''}"
            for path in found
            if start or not path.name.startswith(".")
        ]
    except OSError:
        return []


def _sources(cursor: Cursor) -> Iterable[str]:
    return (*_variables(cursor), *_paths(cursor))


def _variables(_: Cursor) -> Iterable[str]:
    from IPython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell else {}
    hidden = getattr(shell, "user_ns_hidden", {})
    return [name for name in names if not name.startswith("_") and name not in hidden]


_VALUES: dict[str, Callable[[Cursor], Iterable[str]]] = {
    "name": _quietly(_names),
    "ref": _quietly(_references),
    "label": _quietly(_labels),
    "assignment": _quietly(_assignments),
    "dataset": _datasets,
    "dataset-ref": _datasets,
    "corpus": _corpora,
    "corpus-ref": _corpora,
    "index": _indexes,
    "chunker": _chunkers,
    "retriever": _retrievers,
    "run": _runs,
    "budget": _budgets,
    "scorer": _scorers,
    "target": _targets,
    "metric": _metrics,
    "monitor": _monitors,
    "path": _paths,
    "variable": _sources,
}
_MAGICS: dict[str, Callable[[Cursor], list[str]]] = {
    "%%prompt": _of_registration,
    "%prompt": _of_operation(prompt.OPERATIONS),
    "%llm_dataset": _of_operation(dataset.OPERATIONS),
    "%llm_corpus": _of_operation(corpus.OPERATIONS),
    "%llm_index": _of_operation(index.OPERATIONS),
    "%index_status": _of_index_status,
    "%llm_eval": _of_evaluation,
    "%llm_calibrate": _of_calibrate,
    "%llm_power": _of_power,
    "%llm_cost": _of_cost,
    "%llm_budget": _of_operation(budget.OPERATIONS),
    "%llm_rightsize": _of_rightsize,
    "%llm_metrics": _of_metrics,
    "%llm_monitor": _of_operation(monitor.OPERATIONS),
    "%retrieval_check": _of_retrieval("check"),
    "%retrieval_drift": _of_retrieval("drift"),
    "%llm_runs": _of_operation(runs.OPERATIONS),
    "%llm_trace": _of_operation(trace.OPERATIONS),
}
