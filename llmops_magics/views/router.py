"""How routers look: what each goes by, and what one does with a request."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import duration, money, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.workbench.routers import RouterEntry, RouterList, RouteTrial

_HEADS = ("router", "strategy", "models", "goes by")
_ASKS = ("model", "what", "why")
_CHARACTERS = 200
_NONE = "No router yet: [router.NAME] in llmops.toml makes one."


def router_list_html(listed: RouterList) -> Markup:
    """Show a row a router."""
    rows = [
        block.row(block.row_head(cells[0]), *(block.cell(text) for text in cells[1:]))
        for cells in map(_cells, listed.routers[: block.MAX_ROWS])
    ]
    return block.outer(
        block.heading(element("strong", plural(len(listed.routers), "router"))),
        block.table("A model made of others", list(map(block.head, _HEADS)), rows)
        if rows
        else _none(),
        block.more(len(listed.routers) - block.MAX_ROWS, "router"),
        block.facts("In full", _facts(listed)) if len(listed.routers) == 1 else None,
    )


def _facts(listed: RouterList) -> dict[str, str]:
    """Return all that one router goes by, rules a line each."""
    found: dict[str, str] = {}
    for name, value in listed.routers[0].says.items():
        if name == "rules":
            found |= {f"rule {n}": block.plain(rule) for n, rule in enumerate(value, 1)}
        else:
            found[name] = _said(value)
    return found


def router_list_text(listed: RouterList) -> str:
    """Return a line a router."""
    if not listed.routers:
        return _NONE
    cells = [_cells(each) for each in listed.routers[: block.MAX_ROWS]]
    lines = columns(_HEADS, cells, gives_way=3)
    if len(listed.routers) == 1:
        lines += [f"  {name}: {value}" for name, value in _facts(listed).items()]
    return visible("\n".join(lines))


def route_trial_html(trial: RouteTrial) -> Markup:
    """Show the models in the order in which they are asked, and the answer if there is one."""
    rows = [
        block.row(block.row_head(abbreviate(each.model, _CHARACTERS)), block.cell(each.outcome),
                  block.cell(abbreviate(each.why, _CHARACTERS)))
        for each in trial.asks
    ]  # fmt: skip
    return block.outer(
        block.heading(element("strong", abbreviate(trial.router, _CHARACTERS))),
        block.subline(_terms(trial)),
        block.table("In the order of asking", list(map(block.head, _ASKS)), rows),
        block.prose(trial.text) if trial.called else None,
    )


def route_trial_text(trial: RouteTrial) -> str:
    """Return a line a model, and the answer if there is one."""
    cells = [(each.model, each.outcome, each.why) for each in trial.asks]
    lines = [block.DOT.join([trial.router, *_terms(trial)]), *columns(_ASKS, cells, gives_way=2)]
    return visible("\n".join([*lines, trial.text] if trial.called else lines))


def _none() -> Markup:
    return element("div", _NONE, style=style.SMALL)


def _cells(entry: RouterEntry) -> tuple[str, ...]:
    models = ", ".join(entry.models)
    inner = "" if entry.leaves == entry.models else f" → {', '.join(entry.leaves)}"
    says = "; ".join(f"{name} {_said(value)}" for name, value in entry.says.items())
    return (
        f"router/{entry.name}",
        entry.strategy,
        abbreviate(f"{models}{inner}", _CHARACTERS),
        abbreviate(says, _CHARACTERS),
    )


def _said(value: Any) -> str:
    if isinstance(value, list) and all(not isinstance(item, dict) for item in value):
        return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value)
    return block.plain(value)


def _terms(trial: RouteTrial) -> list[str]:
    if not trial.called:
        return [trial.strategy, "nothing was asked"]
    cost = None if trial.cost_usd is None else Decimal(trial.cost_usd)
    return [
        trial.strategy,
        f"answered by {trial.routed_to}",
        money(cost),
        duration(trial.latency_ms),
        f"trace {trial.trace_id}",
    ]
