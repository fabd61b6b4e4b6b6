"""The checks of a cascade: scorers by name that need no expected answer, a schema, a clean end.

A check holds where the scorer's value is true, or at least ``minimum`` for a number. A score that
is missing, or that does not apply, is no pass: what cannot be checked goes to the next model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from llmops_magics.config.routing import PREFIX
from llmops_magics.errors import ConfigError, LlmopsError
from llmops_magics.models.routing.check import Checked, Checker
from llmops_magics.models.routing.router import unknown_router

if TYPE_CHECKING:
    from llmops_magics.config.routing import RouterSettings
    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.scorer import Scorer, ScorerContext
    from llmops_magics.models.chat import ChatRequest, ChatResponse
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.registry import PromptRegistry

FINISH, REFUSAL = "finish_reason", "refusal"
CLEAN_ENDS = frozenset({"stop", "tool_calls", "function_call", ""})
_CANNOT_HAVE = ("expected", "baseline", "trace")  # a production call has none


class Checkers:
    """The checkers of a workspace's cascades, each made at its first use."""

    def __init__(
        self,
        settings: Settings,
        *,
        client: Callable[[], ModelClient],
        prompts: Callable[[], PromptRegistry],
    ) -> None:
        self._settings = settings
        self._client = client
        self._prompts = prompts
        self._made: dict[str, Checker] = {}

    def of(self, name: str) -> Checker:
        """Return the checker of a router; raises ``ConfigError`` naming the key that is wrong."""
        if name not in self._made:
            router = self._settings.router.get(name)
            if router is None:
                raise unknown_router(name, self._settings.router)
            self._made[name] = self._make(name, router)
        return self._made[name]

    def _make(self, name: str, router: RouterSettings) -> Checker:
        words = [check for check in router.check if check in (FINISH, REFUSAL)]
        names = [check for check in router.check if check not in words]
        scorers = scorers_of(name, names)
        judge = self._settings.judge_model
        if judge.startswith(PREFIX) and any("judge" in scorer.needs for scorer in scorers):
            raise ConfigError(
                f"router.{name}.check asks the judge {judge}, which is a router itself.",
                hint="Set models.judge to a model that is none: a router must not judge itself.",
            )
        if router.json_schema is not None:
            _check_schema(name, router.json_schema)

        async def check(request: ChatRequest, response: ChatResponse) -> Checked:
            why = _of_words(words, response) or _of_schema(router.json_schema, response)
            if why:
                return Checked(passed=False, why=why)
            return await self._of_scorers(scorers, router.minimum, request, response)

        return check

    async def _of_scorers(
        self,
        scorers: Sequence[Scorer],
        minimum: float,
        request: ChatRequest,
        response: ChatResponse,
    ) -> Checked:
        from llmops_magics.evals.scorer import run_scorer

        if not scorers:
            return Checked(passed=True)
        bill = _Bill(self._client())
        context = self._context(scorers, bill, request, response)
        for scorer in scorers:
            for score in await run_scorer(scorer, context):
                value = score.value
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                passes = value is True or (is_number and float(cast("float", value)) >= minimum)
                if not passes:
                    said = f": {score.reason}" if score.reason else ""
                    why = f"{score.scorer} is {_shown(value)}{said}"
                    return Checked(passed=False, why=why, cost_usd=bill.total_usd)
        return Checked(passed=True, cost_usd=bill.total_usd)

    def _context(
        self,
        scorers: Sequence[Scorer],
        bill: _Bill,
        request: ChatRequest,
        response: ChatResponse,
    ) -> ScorerContext:
        from llmops_magics.evals.judge import Judges
        from llmops_magics.evals.scorer import ScorerContext
        from llmops_magics.models.routing.condition import text_of

        needs = {need for scorer in scorers for need in scorer.needs}
        texts = [(m.get("role"), text_of(m)) for m in request.messages]
        asked = [text for role, text in texts if role == "user"][-1:]
        beside = "\n".join(text for _, text in texts if text not in asked).strip()
        judges = None
        if "judge" in needs:
            client = cast("ModelClient", bill)
            judges = Judges(self._prompts(), client, self._settings.judge_model)
        return ScorerContext(
            output=response.text,
            inputs={"question": asked[0]} if asked else {},
            context=beside or "\n".join(asked),
            latency_ms=response.latency_ms,
            cost_usd=None if response.cost_usd is None else Decimal(response.cost_usd),
            output_tokens=response.usage.output_tokens if response.usage else None,
            messages=list(request.messages),
            tool_calls=response.tool_calls,
            repeat=request.repeat,
            ask=judges.ask if judges else None,
            embed=_embedder() if "embedding" in needs else None,
        )


@dataclass
class _Bill:
    """A client that adds up what its calls cost; None once one has no known price."""

    client: ModelClient
    total_usd: Decimal | None = Decimal(0)

    async def chat(self, request: ChatRequest) -> ChatResponse:
        response = await self.client.chat(request)
        if response.cost_usd is None:
            self.total_usd = None
        elif self.total_usd is not None:
            self.total_usd += Decimal(response.cost_usd)
        return response


def scorers_of(router: str, names: Sequence[str]) -> tuple[Scorer, ...]:
    """Return the scorers of a router's checks; raises ``ConfigError`` for one that cannot be."""
    if not names:
        return ()
    from llmops_magics.evals.scorer import resolve

    key = f"router.{router}.check"
    try:
        scorers = resolve(names)
    except LlmopsError as error:
        own = f"Besides scorers there are {FINISH} and {REFUSAL}."
        raise ConfigError(f"{key}: {error.message}", hint=f"{error.hint} {own}".strip()) from None
    for scorer in scorers:
        lacking = [need for need in _CANNOT_HAVE if need in scorer.needs]
        if lacking:
            raise ConfigError(
                f"{key}: {scorer.name} needs {', '.join(lacking)}, which a call does not have.",
                hint="Check with a scorer that needs none, a json_schema, or finish_reason.",
            )
    return scorers


def _of_words(words: Sequence[str], response: ChatResponse) -> str:
    if FINISH in words and response.finish_reason not in CLEAN_ENDS:
        return f"it ended by {response.finish_reason}"
    if REFUSAL in words:
        from llmops_magics.evals.scorers.refusal_phrase import find_refusal

        phrase = find_refusal(response.text)
        return f"it refuses: {phrase!r}" if phrase else ""
    return ""


def _of_schema(schema: dict[str, Any] | None, response: ChatResponse) -> str:
    if schema is None:
        return ""
    from llmops_magics.evals.scorers.json_schema import find_fault, read_json

    try:
        return find_fault(read_json(response.text), schema)
    except ValueError as error:
        return str(error)


def _check_schema(router: str, schema: dict[str, Any]) -> None:
    from llmops_magics.evals.scorers.json_schema import find_fault

    try:
        find_fault(None, schema)
    except LlmopsError as error:
        raise ConfigError(f"router.{router}.json_schema: {error.message}.") from None


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _embedder() -> Any:
    from llmops_magics.models.local.embedding import get_embedder

    return get_embedder().embed
