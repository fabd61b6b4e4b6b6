"""What earlier runs in the store tell of a run to come: tokens, time, money and spread of scores.

Only finished runs that got answers count, the newest first: of this very target and model, on these
cases if there is one; else of another version of the prompt; for time, of the model alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from llmops_magics.storage.table import eval_run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.evals.plan import EvalPlan
    from llmops_magics.storage.store import Store

_CANDIDATES = 5  # newest runs looked at, for one that got answers


@dataclass(frozen=True, kw_only=True)
class EarlierRun:
    """A finished run's id and totals."""

    run_id: str
    summary: Mapping[str, Any]
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        """How many calls were answered."""
        return int(self.summary["samples"]) - int(self.summary["errors"])

    @property
    def input_tokens(self) -> float | None:
        """Tokens of one call; None where the endpoint counted none."""
        return self.summary["input_tokens"] / self.answers or None

    @property
    def output_tokens(self) -> float | None:
        """Tokens of one answer; None where the endpoint counted none."""
        return self.summary["output_tokens"] / self.answers or None

    @property
    def cost_usd(self) -> Decimal | None:
        """The price of one answer; None where one of them has none."""
        if self.summary["unpriced_samples"]:
            return None
        return Decimal(self.summary["cost_usd"]) / self.answers

    def verdict_usd(self, judges: set[str]) -> Decimal | None:
        """Return what judging one answer cost; None where these judges did not, or it is not known.

        It is what was spent beyond the answers, so nothing of the run may come from the cache.
        """
        spent = Decimal(self.summary.get("spent_usd") or 0) - Decimal(self.summary["cost_usd"])
        is_clear = not self.summary["unpriced_samples"] and not self.summary.get("cached_samples")
        is_same = set(self.config.get("judges") or ()) == judges
        return spent / self.answers if is_clear and is_same and spent > 0 else None

    @property
    def latency_ms(self) -> float | None:
        """The median time of a call."""
        found: float | None = self.summary["latency_p50_ms"]
        return found

    @property
    def scores(self) -> list[dict[str, Any]]:
        """The summary of each score."""
        return list(self.summary["scores"])


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What is known before a plan is run; None where no run tells.

    ``same`` is of the same content and model, ``kin`` of the same prompt's name and model,
    ``model`` of the same model.
    """

    same: EarlierRun | None = None
    kin: EarlierRun | None = None
    model: EarlierRun | None = None


NOTHING_EARLIER = Earlier()


def find_earlier(store: Store, plan: EvalPlan) -> Earlier:
    """Look for earlier runs of a plan's target and model."""
    model = eval_run.c.model == plan.model
    same = eval_run.c.prompt_digest == plan.target.digest
    here = eval_run.c.dataset_digest == plan.dataset.digest
    name = eval_run.c.prompt_name == plan.target.name
    with store.read() as connection:
        found = _newest(connection, _query(name, model, same, here))
        found = found or _newest(connection, _query(name, model, same))
        if found is not None:
            return Earlier(same=found, kin=found, model=found)
        kin = _newest(connection, _query(name, model))
        of_model = kin or (_newest(connection, _query(model)) if plan.model else None)
        return Earlier(kin=kin, model=of_model)


def _query(*conditions: Any) -> Select[Any]:
    return (
        select(eval_run.c.id, eval_run.c.summary, eval_run.c.config)
        .where(eval_run.c.status == "finished", *conditions)
        .order_by(eval_run.c.id.desc())
        .limit(_CANDIDATES)
    )


def _newest(connection: Connection, query: Select[Any]) -> EarlierRun | None:
    for run_id, summary, config in connection.execute(query):
        totals = summary or {"samples": 0, "errors": 0}
        run = EarlierRun(run_id=run_id, summary=totals, config=config)
        if run.answers > 0:
            return run
    return None
