"""How many answers of a plan are in the cache already: what it takes is told before it is spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llmops_magics.errors import LlmopsError
from llmops_magics.evals.answered_target import AnsweredTarget
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.target import PromptTarget
from llmops_magics.models.answer import question_digest
from llmops_magics.models.answer_table import count
from llmops_magics.prompts.image import ImageReader

if TYPE_CHECKING:
    from llmops_magics.models.chat import ChatRequest
    from llmops_magics.storage.store import Store

LOOKED_AT = 500  # of more cases, this many are looked up and the rest is taken to be alike


def stored_answers(
    plan: EvalPlan,
    store: Store,
    images: ImageReader,
    address_of: Callable[[str], tuple[str, str]],
) -> int | None:
    """Return how many answers need not be asked for, None where nobody can tell.

    ``address_of`` says where a model is: its endpoint's base URL and its own name there.
    """
    if isinstance(plan.target, AnsweredTarget):
        return plan.sample_count
    if plan.cache not in ("use", "replay"):
        return 0
    if not isinstance(plan.target, PromptTarget):
        return None
    try:
        address = address_of(plan.model)
        requests = _requests(plan, plan.target, images)
        keys = [question_digest(request, *address) for request in requests]
        taken = count(store, keys)
    except (LlmopsError, TypeError, ValueError):  # the run itself will say what is wrong
        return None
    return round(plan.sample_count * taken / len(keys))


def _requests(plan: EvalPlan, target: PromptTarget, images: ImageReader) -> list[ChatRequest]:
    cases = plan.dataset.cases
    step = max(1, len(cases) // LOOKED_AT)
    return [
        target.request(cases[place], plan.model, images=images, repeat=plan.first_repeat + repeat)
        for place in range(0, len(cases), step)
        for repeat in range(plan.repeats)
    ]
