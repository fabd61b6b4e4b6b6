"""length: how long is the answer? A number in ``unit``, or with limits an assertion.

``unit`` is words (runs between white space, so not for Chinese, Japanese or Thai), chars (Unicode
characters) or tokens (of the output, as the endpoint counted them, reasoning included; a missing
score where it did not). The limits ``min_`` and ``max_`` of each unit may stand together, and
all must hold.
"""

from __future__ import annotations

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.builtin import BuiltIn, settle
from llmops_magics.evals.scorers.contract import ScorerContext, missing
from llmops_magics.evals.scorers.parameter import choice, limit

UNITS = ("words", "chars", "tokens")


def measure(context: ScorerContext, unit: str) -> int | None:
    """Return the length in a unit, None where it is not known."""
    if unit == "tokens":
        return context.output_tokens
    return len(context.output) if unit == "chars" else len(context.output.split())


def make(
    *,
    unit: str = "words",
    min_words: float | None = None,
    max_words: float | None = None,
    min_chars: float | None = None,
    max_chars: float | None = None,
    min_tokens: float | None = None,
    max_tokens: float | None = None,
) -> BuiltIn:
    """Return the scorer; with any limit it says whether the answer is within all of them."""
    choice("unit", unit, UNITS)
    limits = {
        "words": (limit("min_words", min_words), limit("max_words", max_words)),
        "chars": (limit("min_chars", min_chars), limit("max_chars", max_chars)),
        "tokens": (limit("min_tokens", min_tokens), limit("max_tokens", max_tokens)),
    }
    bounded = {u: pair for u, pair in limits.items() if pair != (None, None)}

    def judge(context: ScorerContext) -> Score:
        lengths = {u: measure(context, u) for u in bounded or (unit,)}
        if any(length is None for length in lengths.values()):
            return missing("", "the endpoint did not count the tokens")
        known = {u: length for u, length in lengths.items() if length is not None}
        if not bounded:
            return Score(scorer="", value=float(known[unit]))
        faults = [f"{known[u]} {u}" for u, pair in bounded.items() if not _fits(known[u], *pair)]
        return Score(scorer="", value=not faults, reason=", ".join(faults))

    return BuiltIn("length", frozenset(), judge, (__name__,), settle({"unit": unit, **limits}))


def _fits(length: int, least: float | None, most: float | None) -> bool:
    return (least is None or length >= least) and (most is None or length <= most)


SCORER = make()
