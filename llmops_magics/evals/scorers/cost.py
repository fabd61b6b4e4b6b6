"""cost: what did the answer cost? US dollars, or an assertion with ``max_usd``.

The price of the model's call; that of judges does not count. A call whose price is unknown is a
missing score, never 0. Smaller is better: a rule says ``cost <= 0.002``.
"""

from __future__ import annotations

from decimal import Decimal

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import limit


def make(*, max_usd: float | None = None) -> BuiltIn:
    """Return the scorer; with ``max_usd`` it says whether the answer cost no more."""
    most = limit("max_usd", max_usd)

    def judge(context: ScorerContext) -> Score:
        cost = context.cost_usd
        if cost is None:
            return missing("", "the price of the call is not known")
        if most is None:
            return Score(scorer="", value=float(cost))
        fits = cost <= Decimal(str(most))
        reason = "" if fits else f"${cost:f}, more than ${most:g}"
        return Score(scorer="", value=fits, reason=reason)

    return BuiltIn("cost", frozenset(), judge, (__name__,), settle({"max_usd": most}))


SCORER = make()
