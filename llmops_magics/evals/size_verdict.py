"""The verdict of right-sizing: which model is chosen, and what it takes where none is."""

from __future__ import annotations

from collections.abc import Sequence

from llmops_magics.evals.rightsize import NON_INFERIOR, OPEN, SizedModel

MIN_CASES = 10


def decide(models: Sequence[SizedModel], reference: str, margin: float) -> tuple[str, str, str]:
    """Return the verdict, the model chosen, and why, of models sorted by cost."""
    own = next(model for model in models if model.model == reference)
    if own.cost_per_case_usd is None:
        return "INCONCLUSIVE", "", f"The price of {reference} is unknown: who is cheaper, too."
    cheaper = [
        model
        for model in models
        if model is not own
        and model.cost_per_case_usd is not None
        and model.cost_per_case_usd < own.cost_per_case_usd
    ]
    passed = next((model for model in cheaper if model.verdict == NON_INFERIOR), None)
    if passed is not None:
        before = [m for m in cheaper[: cheaper.index(passed)] if m.verdict == OPEN]
        said = f"{passed.model} is not inferior to {reference} by {margin:g} in any score"
        more = "; ".join(
            f"{m.model}, which is cheaper, is not decided: {_wants(m)}" for m in before
        )
        return "PASS", passed.model, f"{said}.{f' {more}.' if more else ''}"
    undecided = [model for model in cheaper if model.verdict == OPEN]
    if undecided:
        said = "; ".join(f"{model.model}: {_wants(model)}" for model in undecided)
        return "INCONCLUSIVE", "", f"No cheaper model is shown not to be inferior. {said}."
    unpriced = [m.model for m in models if m.cost_per_case_usd is None and m is not own]
    if unpriced:
        return "INCONCLUSIVE", "", f"The price of {', '.join(unpriced)} is unknown."
    if not cheaper:
        return "KEEP", reference, f"No model is cheaper than {reference}."
    return (
        "KEEP",
        reference,
        f"Every cheaper model is worse than {reference} by {margin:g} or more.",
    )


def _wants(model: SizedModel) -> str:
    few = max((score.n for score in model.scores), default=0)
    if few < MIN_CASES:
        return f"{few} cases are too few, a verdict takes {MIN_CASES}"
    more = model.more_cases
    if more is None:
        return "no number of cases is known to decide it as things look"
    return f"about {more:,} more cases are needed if what was seen goes on"
