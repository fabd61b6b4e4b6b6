"""What an argument of a magic may be, by the kind that it names itself (``complete``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.errors import LlmopsError

if TYPE_CHECKING:
    from llmops_magics.workspace import Workspace

SHOWN = 200  # more do not fit any menu


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where the cursor stands in a magic's line: the words before its own, and its own so far."""

    before: Sequence[str]
    word: str


def _quietly(ask: Callable[[Workspace, Cursor], Iterable[str]]) -> Callable[[Cursor], list[str]]:
    """Ask the workspace; a broken one must not break typing."""

    def values(cursor: Cursor) -> list[str]:
        from llmops_magics.workspace import current_workspace

        try:
            return list(ask(current_workspace(), cursor))
        except (LlmopsError, OSError):  # the magic itself will say
            return []

    return values


def _names(workspace: Workspace, _: Cursor) -> Iterable[str]:
    return workspace.prompts.names()


def _references(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Names, and behind an ``@`` the labels and the newest numbers of that prompt."""
    name, at, _ = cursor.word.partition("@")
    if not at:
        return _names(workspace, cursor)
    log = workspace.prompts.log(name, limit=50)
    labels = [label for entry in log.entries for label in entry.labels]
    return [f"{name}@{which}" for which in (*labels, *(e.number for e in log.entries))]


def _labels(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return the labels of the prompt that the line names."""
    names = [word.partition("@")[0] for word in cursor.before if not word.startswith("-")]
    listed = {p.name: p.labels for p in workspace.prompts.list().prompts}
    return next((listed[name] for name in names if name in listed), {})


def _assignments(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return ``name=`` for each variable that the line does not give yet, or its known values."""
    given = {word.partition("=")[0] for word in cursor.before}
    named = next(word for word in cursor.before if not word.startswith("-"))
    version = workspace.prompts.get(named)
    name, equals, value = cursor.word.partition("=")
    if equals and value.startswith("@"):
        return [f"{name}=@{variable}" for variable in _variables(cursor)]
    if equals:
        return [f"{name}={each}" for each in version.inputs.get(name, {}).get("enum", ())]
    return [f"{name}=" for name in version.variables if name not in given]


def _datasets(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return the names of datasets, and behind an ``@`` the numbers of that one's versions."""
    name, at, _ = cursor.word.partition("@")
    registry = workspace.datasets.registry
    if not at:
        return registry.names()
    return [version.ref for version in reversed(registry.versions(name))]


def _corpora(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return the names of corpora, and behind an ``@`` the numbers of that one's versions."""
    name, at, _ = cursor.word.partition("@")
    registry = workspace.corpora.registry
    if not at:
        return registry.names()
    return [version.ref for version in reversed(registry.versions(name))]


def _indexes(workspace: Workspace, _: Cursor) -> Iterable[str]:
    return workspace.indexes.names()


def _chunkers(_: Cursor) -> list[str]:
    from llmops_magics.retrieval.chunking.registry import chunker_names

    return list(chunker_names())


def _retrievers(_: Cursor) -> list[str]:
    from llmops_magics.retrieval.search.spec import RETRIEVERS

    return list(RETRIEVERS)


def _runs(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return the newest runs."""
    from llmops_magics.evals.run_list import NEWEST, list_runs

    return [NEWEST, *(run.run_id for run in list_runs(workspace.store).runs)]


def _dossiers(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return the newest dossiers."""
    from llmops_magics.release.dossier.catalogue import NEWEST

    return [NEWEST, *(each.gate_id for each in workspace.dossiers.list().dossiers)]


def _environments(workspace: Workspace, _: Cursor) -> Iterable[str]:
    from llmops_magics.config.release import environments_of

    return list(environments_of(workspace.settings.environments))


def _budgets(workspace: Workspace, _: Cursor) -> Iterable[str]:
    return [state.budget.name for state in workspace.costs.budgets().budgets]


def _scopes(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return what a budget can be for: this workspace, notebook and user, and each prompt."""
    from llmops_magics.audit.actor import current_actor
    from llmops_magics.cost.scope import CurrentNotebook

    notebook = [f"notebook:{CurrentNotebook.name}"] if CurrentNotebook.name else []
    prompts = [f"prompt:{name}" for name in workspace.prompts.names()]
    return ["workspace", "notebook", *notebook, f"user:{current_actor()}", *prompts]


def _monitors(workspace: Workspace, _: Cursor) -> Iterable[str]:
    return [monitor.name for monitor in workspace.monitors.list().monitors]


def _routers(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return the names of routers, and once something is typed, as models too."""
    from llmops_magics.config.routing import PREFIX

    names = workspace.settings.router
    return [*names, *(f"{PREFIX}{name}" for name in names if cursor.word)]


def _models(workspace: Workspace, cursor: Cursor) -> Iterable[str]:
    """Return what can be asked: routers, and models."""
    from llmops_magics.config.routing import PREFIX

    routers = (f"{PREFIX}{name}" for name in workspace.settings.router)
    return {*routers, *_answering(workspace, cursor)}


def _answering(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return the models that the settings name: the usual ones, priced ones, those of routers."""
    from llmops_magics.config.routing import PREFIX

    settings = workspace.settings
    routed = (model for router in settings.router.values() for model in router.choices)
    named = {settings.default_model, settings.models.judge, *settings.prices, *routed}
    return [model for model in named if model and not model.startswith(PREFIX)]


def _targets(cursor: Cursor) -> Iterable[str]:
    """Return prompts, and the notebook's own functions."""
    from IPython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell else {}
    functions = [name for name in _variables(cursor) if isfunction(names[name])]
    return (*VALUES["ref"](cursor), *functions, *(f":{name}" for name in functions))


def _sweep_scores(_: Cursor) -> list[str]:
    from llmops_magics.evals.retrieval.sweep.request import SCORES

    return list(SCORES)


def _scorers(_: Cursor) -> Iterable[str]:
    from llmops_magics.evals.scorers.registry import SCORERS

    return list(SCORERS)


def _metrics(cursor: Cursor) -> Iterable[str]:
    from llmops_magics.evals.attribution.effect import MEASURES

    return (*_scorers(cursor), *MEASURES)


def _suites(cursor: Cursor) -> Iterable[str]:
    """Return the suites of attacks, and files that may hold some."""
    from llmops_magics.guard.redteam.suite import suite_names

    return (*suite_names(), *_paths(cursor))


def _attack_families(_: Cursor) -> list[str]:
    from llmops_magics.guard.redteam.family import families

    return list(families())


def _paths(cursor: Cursor) -> Iterable[str]:
    """Return files and folders that begin as the word does."""
    head, _, start = cursor.word.rpartition("/")
    folder = Path(f"{head}/" if head or cursor.word.startswith("/") else ".")
    try:
        found = sorted(p for p in folder.iterdir() if p.name.startswith(start))[:SHOWN]
        lead = f"{head}/" if "/" in cursor.word else ""
        return [
            f"{lead}{path.name}{'/' if path.is_dir() else ''}"
            for path in found
            if start or not path.name.startswith(".")
        ]
    except OSError:
        return []


def _detectors(_: Cursor) -> Iterable[str]:
    from llmops_magics.guard.registry import detector_names

    return detector_names()


def _boundaries(_: Cursor) -> Iterable[str]:
    from llmops_magics.guard.detector import BOUNDARIES

    return BOUNDARIES


def _questions(workspace: Workspace, _: Cursor) -> Iterable[str]:
    return [question.id for question in workspace.guard.pending().questions]


def _scanned(cursor: Cursor) -> Iterable[str]:
    """Return all that a scan takes; what a workspace has by name is asked for once."""
    named = ("dataset-ref", "corpus-ref", "run")
    return {*_sources(cursor), *(name for kind in named for name in VALUES[kind](cursor))}


def _principals(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return the names that the settings know."""
    access = workspace.settings.access
    return {*access.groups, *(name for names in access.roles.values() for name in names)}


def _resources(workspace: Workspace, _: Cursor) -> Iterable[str]:
    """Return what may be acted on: prompts, and what the settings name of the rest."""
    settings = workspace.settings
    places = {settings.environment, *settings.access.environments}
    return [
        *workspace.prompts.names(),
        *(f"environment:{each}" for each in sorted(places)),
        *(f"tool:{each}" for each in settings.tools),
        "workspace",
    ]


def _gates(cursor: Cursor) -> Iterable[str]:
    """Return the gold notebooks of the package, and files."""
    from llmops_magics.notebook import gold_notebooks

    return (*gold_notebooks(), *_paths(cursor))


def _gate_templates(_: Cursor) -> Iterable[str]:
    from llmops_magics.release.execution.template import TEMPLATES

    return TEMPLATES


def _sources(cursor: Cursor) -> Iterable[str]:
    return (*_variables(cursor), *_paths(cursor))


def _variables(_: Cursor) -> Iterable[str]:
    from IPython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell else {}
    hidden = getattr(shell, "user_ns_hidden", {})
    return [name for name in names if not name.startswith("_") and name not in hidden]


VALUES: dict[str, Callable[[Cursor], Iterable[str]]] = {
    "name": _quietly(_names),
    "ref": _quietly(_references),
    "label": _quietly(_labels),
    "assignment": _quietly(_assignments),
    "dataset": _quietly(_datasets),
    "dataset-ref": _quietly(_datasets),
    "corpus": _quietly(_corpora),
    "corpus-ref": _quietly(_corpora),
    "index": _quietly(_indexes),
    "chunker": _chunkers,
    "retriever": _retrievers,
    "sweep-score": _sweep_scores,
    "suite": _suites,
    "attack-family": _attack_families,
    "run": _quietly(_runs),
    "budget": _quietly(_budgets),
    "environment": _quietly(_environments),
    "dossier": _quietly(_dossiers),
    "scorer": _scorers,
    "target": _targets,
    "metric": _metrics,
    "model": _quietly(_models),
    "answering-model": _quietly(_answering),
    "router": _quietly(_routers),
    "scope": _quietly(_scopes),
    "monitor": _quietly(_monitors),
    "path": _paths,
    "variable": _sources,
    "principal": _quietly(_principals),
    "resource": _quietly(_resources),
    "detector": _detectors,
    "boundary": _boundaries,
    "scanned": _scanned,
    "gate": _gates,
    "gate-template": _gate_templates,
    "question": _quietly(_questions),
}
