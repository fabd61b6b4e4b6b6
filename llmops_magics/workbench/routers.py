"""The routers of a workspace: what there is, and what one would do with a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.config.routing import PREFIX, leaves
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.routing.decision import Try
from llmops_magics.models.routing.router import unknown_router
from llmops_magics.record import Record
from llmops_magics.workbench.routing import chooser_of

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.config.routing import RouterSettings
    from llmops_magics.config.settings import Settings
    from llmops_magics.models.chat import ChatResponse


@dataclass(frozen=True, kw_only=True)
class RouterEntry:
    """One router: ``says`` is what it goes by, ``leaves`` the models that it may end at."""

    name: str
    strategy: str
    models: tuple[str, ...]
    leaves: tuple[str, ...]
    says: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RouterList(Record):
    """Routers by name."""

    kind: ClassVar[str] = "router-list"

    routers: tuple[RouterEntry, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a router."""
        import pandas as pd

        return pd.DataFrame([vars(each) for each in self.routers])


@dataclass(frozen=True, kw_only=True)
class RouteTrial(Record):
    """What a router does with one request; ``text`` is the answer where a call was made."""

    kind: ClassVar[str] = "route-trial"

    router: str
    strategy: str
    asks: tuple[Try, ...]  # in order; of a chosen one "outcome" is "would be asked"
    called: bool = False
    routed_to: str = ""
    text: str = ""
    cost_usd: str | None = None
    latency_ms: float | None = None
    trace_id: str = ""


class Routers:
    """The operations on routers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def list(self) -> RouterList:
        """Return every router."""
        return RouterList(
            routers=tuple(self._entry(name) for name in sorted(self._settings.router))
        )

    def show(self, name: str) -> RouterList:
        """Return one; raises ``UnknownModelError`` for one that is not there."""
        self._of(name)
        return RouterList(routers=(self._entry(name.removeprefix(PREFIX)),))

    def request(
        self, name: str, text: str, *, prompt: str = "", attributes: Mapping[str, str] | None = None
    ) -> ChatRequest:
        """Return a request of one user message."""
        return ChatRequest(
            model=f"{PREFIX}{name.removeprefix(PREFIX)}",
            messages=({"role": "user", "content": text},),
            prompt_ref=prompt,
            attributes=dict(attributes or {}),
        )

    def choose(self, request: ChatRequest) -> RouteTrial:
        """Say which models would be asked, without asking any."""
        name = request.model.removeprefix(PREFIX)
        router = self._of(name)
        found = chooser_of(self._settings).choose(name, router, request)
        asks = [Try(model=c.model, outcome="would be asked", why=c.why) for c in found.models]
        return RouteTrial(
            router=request.model, strategy=router.strategy, asks=(*found.passed_over, *asks)
        )

    def answered(self, request: ChatRequest, response: ChatResponse) -> RouteTrial:
        """Return what came of a call."""
        planned = self.choose(request)
        return RouteTrial(
            router=planned.router,
            strategy=planned.strategy,
            asks=planned.asks,
            called=True,
            routed_to=response.routed_to,
            text=response.text,
            cost_usd=response.cost_usd,
            latency_ms=response.latency_ms,
            trace_id=response.trace_id,
        )

    def _of(self, name: str) -> RouterSettings:
        router = self._settings.router.get(name.removeprefix(PREFIX))
        if router is None:
            raise unknown_router(name.removeprefix(PREFIX), self._settings.router)
        return router

    def _entry(self, name: str) -> RouterEntry:
        router = self._settings.router[name]
        says = router.model_dump(mode="json", exclude_unset=True, exclude={"strategy", "models"})
        return RouterEntry(
            name=name,
            strategy=router.strategy,
            models=router.choices,
            leaves=leaves(name, self._settings.router),
            says=says,
        )
