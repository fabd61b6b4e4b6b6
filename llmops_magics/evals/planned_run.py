"""What one run will take, before its first request: calls, tokens, dollars and time.

Each figure says where it comes from: an earlier run of the prompt and model, else the length of
the rendered text. What neither tells is unknown (None), never 0; answers that are stored already
cost nothing. A few cases are rendered and no more, so that 1,000 of them take milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any

from llmops_magics.config.routing import PREFIX, RouterSettings
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.tier import STANDARD, requested_tier
from llmops_magics.errors import LlmopsError
from llmops_magics.evals.earlier import Earlier
from llmops_magics.evals.scorers.contract import is_absent
from llmops_magics.evals.target import PromptTarget
from llmops_magics.models.chat import Usage
from llmops_magics.prompts.image import ImageReader
from llmops_magics.prompts.render import render_prompt
from llmops_magics.record import canonical_json

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.evals.plan import EvalPlan
    from llmops_magics.evals.scorer import Scorer

BYTES_A_TOKEN = 4  # of UTF-8: English has about 4, and no tokenizer is loaded for a plan
CAUTIOUS_TOKENS = (4_000, 1_000)  # of a question and an answer that nothing tells of
CAUTIOUS_JUDGE_TOKENS = (4_000, 500)
_RENDERED_CASES = 20
_RENDERING_S = 0.02
_SENT = ("tools", "response_format")  # settings that are text the model reads


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number and where it comes from; None is unknown, and ``source`` then says why."""

    value: float | None
    source: str


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """What one run takes. Tokens and ``seconds`` are of the calls that no stored answer spares.

    ``cost_usd`` is None where it cannot be told; ``floor_usd`` is the part that can, and
    ``ceiling_usd`` what it comes to with long answers. ``unpriced_calls`` have no known price.
    Judges' calls are in floor and ceiling, and in the cost where theirs is known.
    """

    target: str
    model: str
    settings: dict[str, Any]
    calls: int
    cached: int | None  # None: nobody looked
    judge_calls: int
    input_tokens: Figure
    output_tokens: Figure
    cost_usd: Decimal | None
    cost_source: str
    floor_usd: Decimal
    ceiling_usd: Decimal
    unpriced_calls: int
    seconds: Figure

    @property
    def fresh(self) -> int:
        """How many calls are made."""
        return self.calls - (self.cached or 0)


@dataclass(frozen=True)
class Planning:
    """Estimates one plan; ``earlier`` are the runs that tell of it."""

    plan: EvalPlan
    earlier: Earlier
    prices: PriceBook
    images: ImageReader
    judge_model: str
    has_baseline: bool = False  # to be compared with, by judges that compare
    routers: Mapping[str, RouterSettings] = field(default_factory=dict)

    def run(self, cached: int | None = None) -> PlannedRun:
        """Return the figures; ``cached`` answers are stored, None where nobody looked."""
        plan, calls = self.plan, self.plan.sample_count
        fresh = calls - (cached or 0)
        judge_calls = self._judge_calls()
        each_in, each_out = self._input_tokens(), self._output_tokens()
        answers = self._answers_cost(fresh, each_in, each_out)
        verdicts = self._verdicts_cost(judge_calls)
        known = answers.expected is not None and verdicts.expected is not None
        return PlannedRun(
            target=plan.target.ref,
            model=plan.model,
            settings=dict(plan.target.settings),
            calls=calls,
            cached=cached,
            judge_calls=judge_calls,
            input_tokens=_times(each_in, fresh),
            output_tokens=_times(each_out, fresh),
            cost_usd=answers.floor + verdicts.floor if known else None,
            cost_source=answers.source if answers.expected is None or known else verdicts.source,
            floor_usd=answers.floor + verdicts.floor,
            ceiling_usd=answers.ceiling + verdicts.ceiling,
            unpriced_calls=answers.unpriced + verdicts.unpriced,
            seconds=self._seconds(fresh),
        )

    def _judge_calls(self) -> int:
        """Return how often a judge is asked: not for a case that lacks what the judge needs."""
        judges = [scorer for scorer in self.plan.scorers if "judge" in scorer.needs]
        cases = self.plan.dataset.cases if judges else ()
        asked = sum(
            self._orders(scorer) * self._fits(scorer, case) for scorer in judges for case in cases
        )
        return asked * self.plan.repeats

    def _orders(self, scorer: Scorer) -> int:
        """Return how often a judge is asked of one answer: of a pair, in both orders."""
        if "baseline" not in scorer.needs:
            return 1
        return 2 if self.has_baseline else 0

    def _fits(self, scorer: Scorer, case: Case) -> bool:
        """Tell whether a case may be judged; a function may bring a context of its own."""
        if "expected" in scorer.needs and is_absent(case.expected):
            return False
        needs_context = "context" in scorer.needs and isinstance(self.plan.target, PromptTarget)
        return not needs_context or not is_absent(case.inputs.get("context"))

    def _input_tokens(self) -> Figure:
        """Return the tokens of one call."""
        same = self.earlier.same
        if same is not None and same.input_tokens is not None:
            return Figure(value=same.input_tokens, source=same.run_id)
        if not isinstance(self.plan.target, PromptTarget):
            return Figure(value=None, source="no earlier run of this function")
        return _rendered(self.plan, self.plan.target, self.images)

    def _output_tokens(self) -> Figure:
        """Return the tokens of one answer; another version of a prompt tells them too."""
        for run, what in ((self.earlier.same, ""), (self.earlier.kin, ", another version")):
            if run is not None and run.output_tokens is not None:
                return Figure(value=run.output_tokens, source=f"{run.run_id}{what}")
        return Figure(value=None, source="no earlier run of this prompt and model")

    def _seconds(self, fresh: int) -> Figure:
        """Return the time of the calls at the plan's concurrency; scoring comes on top."""
        run = self.earlier.model
        if not fresh:
            return Figure(value=0.0, source="every answer is stored")
        if run is None or run.latency_ms is None:
            return Figure(value=None, source="no earlier run of this model")
        rounds = ceil(fresh / max(self.plan.concurrency, 1))
        return Figure(value=rounds * run.latency_ms / 1000, source=run.run_id)

    def _answers_cost(self, fresh: int, each_in: Figure, each_out: Figure) -> _Cost:
        same = self.earlier.same
        if not fresh:
            return _Cost(expected=Decimal(0), source="every answer is stored")
        if same is not None and same.cost_usd is not None:
            return _Cost(expected=same.cost_usd * fresh, source=same.run_id)
        if not isinstance(self.plan.target, PromptTarget):
            return _Cost(unpriced=fresh, source="no earlier run of this function")
        tier = requested_tier(self.plan.target.settings)
        return self._priced(self.plan.model, fresh, each_in, each_out, self._limit(), tier=tier)

    def _verdicts_cost(self, calls: int) -> _Cost:
        if not calls:
            return _Cost(expected=Decimal(0), source="")
        judges = {scorer.name for scorer in self.plan.scorers if "judge" in scorer.needs}
        same = self.earlier.same
        each = same.verdict_usd(judges) if same is not None else None
        if same is not None and each is not None:
            return _Cost(expected=each * self.plan.sample_count, source=same.run_id)
        unknown = Figure(value=None, source="no earlier run had these judges")
        return self._priced(self.judge_model, calls, unknown, unknown, CAUTIOUS_JUDGE_TOKENS)

    def _limit(self) -> tuple[int, int]:
        settings = self.plan.target.settings
        most = settings.get("max_completion_tokens") or settings.get("max_tokens")
        return CAUTIOUS_TOKENS[0], int(most or CAUTIOUS_TOKENS[1])

    def _priced(
        self,
        model: str,
        calls: int,
        each_in: Figure,
        each_out: Figure,
        most: tuple[int, int],
        *,
        tier: str = STANDARD,
    ) -> _Cost:
        """Price calls by their tokens; those unknown count as none below, as ``most`` above."""
        tokens_in, tokens_out = each_in.value, each_out.value
        floor = self._price(model, tokens_in or 0, tokens_out or 0, tier)
        ceiling = self._price(
            model,
            most[0] if tokens_in is None else tokens_in,
            most[1] if tokens_out is None else tokens_out,
            tier,
        )
        if floor is None or ceiling is None:
            return _Cost(unpriced=calls, source=f"no price is known for {model or 'no model'}")
        if ceiling == 0 or (tokens_in is not None and tokens_out is not None):
            return _Cost(expected=floor * calls, source=each_in.source)
        missing = each_out if tokens_out is None else each_in
        return _Cost(low=floor * calls, high=ceiling * calls, source=missing.source)

    def _price(self, model: str, tokens_in: float, tokens_out: float, tier: str) -> Decimal | None:
        """Price a call; one to a router by the dearest model it may end at, None if one has none.

        A cascade may ask them all, and pay each.
        """
        usage = Usage(input_tokens=round(tokens_in), output_tokens=round(tokens_out))
        router = self.routers.get(model.removeprefix(PREFIX)) if model.startswith(PREFIX) else None
        if router is None:
            found = self.prices.price(model, usage, tier=tier)
            return None if found is None else found.cost_usd
        costs = [self._price(each, tokens_in, tokens_out, tier) for each in router.choices]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(costs):
            return None
        return sum(known, Decimal(0)) if router.strategy == "cascade" else max(known)


@dataclass(frozen=True, kw_only=True)
class _Cost:
    """What some calls cost: expected, or between ``low`` and ``high``, or not known at all."""

    expected: Decimal | None = None
    source: str
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    unpriced: int = 0

    @property
    def floor(self) -> Decimal:
        return self.low if self.expected is None else self.expected

    @property
    def ceiling(self) -> Decimal:
        return self.high if self.expected is None else self.expected


def _rendered(plan: EvalPlan, target: PromptTarget, images: ImageReader) -> Figure:
    """Return the tokens of a question by the length of its text, over cases from all places."""
    cases = plan.dataset.cases
    step = max(1, len(cases) // _RENDERED_CASES)
    chosen = cases[::step][:_RENDERED_CASES]
    sent = [target.settings[name] for name in _SENT if target.settings.get(name)]
    constant = sum(len(canonical_json(value)) for value in sent)
    sizes: list[int] = []
    stop = time.perf_counter() + _RENDERING_S
    for case in chosen:
        try:
            messages = render_prompt(target.version, case.inputs, images=images, strict=False)
        except LlmopsError as error:
            return Figure(value=None, source=f"case {case.id} does not render: {error.message}")
        if not all(isinstance(message["content"], str) for message in messages):
            return Figure(value=None, source="images have no length in tokens")
        sizes.append(constant + sum(_bytes(message["content"]) for message in messages))
        if time.perf_counter() > stop:
            break
    shown = len(sizes)
    return Figure(
        value=sum(sizes) / shown / BYTES_A_TOKEN,
        source=f"the text of {'1 case' if shown == 1 else f'{shown} cases'}, 4 bytes a token",
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _times(each: Figure, calls: int) -> Figure:
    if not calls:
        return Figure(value=0.0, source="every answer is stored")
    return each if each.value is None else Figure(value=each.value * calls, source=each.source)
