"""Right-size a prompt: evaluate it with each model, compare, and write the route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.config.route_file import check_route, write_route
from llmops_magics.config.routing import PREFIX
from llmops_magics.config.settings import load_settings
from llmops_magics.cost.price import PriceBook
from llmops_magics.errors import UsageError
from llmops_magics.evals.sizing import MARGIN, check_sizing, right_size
from llmops_magics.evals.stored import load_run
from llmops_magics.models.chat import Usage
from llmops_magics.record import utc_now

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.request import EvalRequest
    from llmops_magics.evals.rightsize import RightSize
    from llmops_magics.workbench.evaluation import Evaluations


@dataclass(frozen=True, kw_only=True)
class SizeRequest:
    """The question: ``margin`` in each score's own unit, ``reference`` "" for the dearest.

    ``write_route`` names the router that is written where there is a verdict, "" for none.
    """

    models: Sequence[str]
    margin: float = MARGIN
    reference: str = ""
    write_route: str = ""


def rightsize(
    evaluations: Evaluations, settings: Settings, request: EvalRequest, wanted: SizeRequest
) -> RightSize:
    """Evaluate every model on the same cases and compare; see ``Workspace.rightsize``."""
    bench = evaluations.bench
    models = list(dict.fromkeys([*wanted.models, *filter(None, [wanted.reference])]))
    check_sizing(models, wanted.margin)
    _check_prices(models, wanted.reference, settings)
    if wanted.write_route:
        check_route(bench.root, wanted.write_route, settings)
    matrix = evaluations.evaluate_matrix(request, [request.target], models)
    runs = [load_run(bench.store(), each, redacted=bench.redacted()) for each in matrix.run_ids]
    found = right_size(runs, margin=wanted.margin, reference=wanted.reference)
    found = replace(found, wanted_route=wanted.write_route)
    if not wanted.write_route or not found.chosen:
        return found
    return _routed(bench.root, settings, found)


def _check_prices(models: Sequence[str], reference: str, settings: Settings) -> None:
    """Refuse, before anything is paid for, models of which nobody could say which is dearest."""
    book = PriceBook.of(settings)
    one = Usage(input_tokens=1, output_tokens=1)
    unknown = [m for m in models if not m.startswith(PREFIX) and book.price(m, one) is None]
    if unknown and (not reference or reference in unknown):
        raise UsageError(
            f"The price of {', '.join(unknown)} is unknown, so nobody could say what is cheaper.",
            hint="Give prices under [prices] in llmops.toml.",
        )


def _routed(root: Path, settings: Settings, found: RightSize) -> RightSize:
    """Write the route: the chosen model, and the reference where that fails."""
    name = found.wanted_route
    remark = (
        f"rightsize {utc_now():%Y-%m-%d}: {found.prompt} on {found.dataset}, {found.verdict}, "
        f"margin {found.margin:g}"
    )
    write_route(root, name, [found.chosen, found.reference], remark)
    # What holds the routers already (the client) holds this mapping: it learns of the new one.
    settings.router.update(load_settings(root).router)
    return replace(found, route=f"{PREFIX}{name}")
