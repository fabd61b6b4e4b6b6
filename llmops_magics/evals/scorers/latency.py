"""latency: how long did the answer take? Milliseconds, or an assertion with ``max_ms``.

The time of the model's call as the client saw it, retries included where it waited for them. What
was not measured is a missing score. Smaller is better: a rule says ``latency <= 2000``.
"""

from __future__ import annotations

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import limit


def make(*, max_ms: float | None = None) -> BuiltIn:
    """Return the scorer; with ``max_ms`` it says whether the answer was as quick as that."""
    most = limit("max_ms", max_ms)

    def judge(context: ScorerContext) -> Score:
        took = context.latency_ms
        if took is None:
            return missing("", "the time of the call is not known")
        if most is None:
            return Score(scorer="", value=float(took))
        reason = "" if took <= most else f"{took:.0f} ms, more than {most:g}"
        return Score(scorer="", value=took <= most, reason=reason)

    return BuiltIn("latency", frozenset(), judge, (__name__,), settle({"max_ms": most}))


SCORER = make()
