"""What one does with the boundaries, all in one place: ``workspace.guard``.

Calls of ``workspace.client`` and searches are checked by themselves where ``llmops.toml`` has a
section ``[guard]``. What other code sends or shows is checked by handing it over: a text, a stream,
a tool. Without the section texts pass as they are; access and taint hold for tools all the same.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from llmops_magics.errors import ConfigError, UsageError
from llmops_magics.guard.boundary.taint import Conversation, conversation, mark_untrusted
from llmops_magics.guard.detector import BOUNDARIES, Boundary

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.guard.access.decision import AccessDecision
    from llmops_magics.guard.boundary.boundaries import Boundaries
    from llmops_magics.guard.boundary.decision_log import DecisionList, DecisionLog
    from llmops_magics.guard.boundary.interceptor import GuardInterceptor
    from llmops_magics.guard.boundary.pending import PendingList, PendingQuestion, PendingRegistry
    from llmops_magics.guard.boundary.tool import ToolGuard
    from llmops_magics.guard.vault.vault import Vault
    from llmops_magics.models.chat import ChatResponse
    from llmops_magics.retrieval.passage import Passage
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.operation import Operations
    from llmops_magics.tracing.pipeline import Tracing
    from llmops_magics.workbench.access import Access

Text = TypeVar("Text", str, list[str])
_TOOL: Final = "tool "  # what the subject of a question about a tool begins with


class Guarding:
    """The boundaries of a workspace, what was decided there, and what waits for a person."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        tracing: Callable[[], Tracing],
        operations: Callable[[], Operations],
        access: Callable[[], Access],
    ) -> None:
        self._settings = settings
        self._store = store
        self._actor = actor
        self._tracing = tracing
        self._operations = operations
        self._access = access

    @property
    def is_on(self) -> bool:
        """Whether texts are checked: ``llmops.toml`` has a section ``[guard]``."""
        return self._settings().is_guarded

    def boundary(
        self, name: Boundary, text: Text, *, prompt: str = "", system_prompt: str = ""
    ) -> Text:
        """Check a text, or a list of several at once, and return what may go on.

        Raises ``BlockedError`` for what is refused. ``system_prompt`` is what must not leak.
        """
        if name not in BOUNDARIES:
            raise UsageError(
                f"there is no boundary {name!r}.", hint=f"There are: {', '.join(BOUNDARIES)}."
            )
        texts = [text] if isinstance(text, str) else list(text)
        if name in ("retrieval", "tool_result"):
            mark_untrusted(f"a text at the boundary {name}")
        if self._boundaries is not None:
            from llmops_magics.guard.boundary.crossing import Crossing, Setting

            crossings = [
                Crossing(text=each, boundary=name, subject=f"text {number}")
                for number, each in enumerate(texts, 1)
            ]
            setting = Setting(prompt=prompt, system_prompt=system_prompt)
            texts = list(self._boundaries.check(crossings, setting).texts)
        return texts[0] if isinstance(text, str) else texts

    def stream(self, chunks: Any, *, prompt: str = "", system_prompt: str = "") -> Any:
        """Check a stream at the boundary ``output``, by sentences; nothing leaves before.

        ``chunks`` are texts, from any iterator or asynchronous one; what comes back is of the same
        sort. Raises ``BlockedError`` in its course.
        """
        if self._boundaries is None:
            return aiter(chunks) if isinstance(chunks, AsyncIterable) else iter(chunks)
        from llmops_magics.guard.boundary.crossing import Setting
        from llmops_magics.guard.boundary.stream import (
            StreamCheck,
            checked_async_stream,
            checked_stream,
        )

        setting = Setting(prompt=prompt, system_prompt=system_prompt)
        check = StreamCheck(self._boundaries, setting)
        if isinstance(chunks, AsyncIterable):
            return checked_async_stream(check, chunks)
        return checked_stream(check, chunks)

    def tool(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str = "",
        prompt: str = "",
        side_effect: bool = True,
        trusted: bool = False,
    ) -> Any:
        """Guard a function that a model may call: its arguments, access to it, and its result.

        ``@workspace.guard.tool`` or ``@workspace.guard.tool(side_effect=False)``; ``name`` is that
        of ``[tools.NAME]``, left out the function's. What a ``trusted`` tool returns taints
        nothing. Raises ``BlockedError`` and ``AccessDeniedError``, and waits for a person where a
        tool with side effects is called after untrusted text came in.
        """
        if function is None:
            return partial(
                self.tool, name=name, prompt=prompt, side_effect=side_effect, trusted=trusted
            )
        from llmops_magics.guard.boundary.tool import ToolTerms

        called = name or getattr(function, "__name__", "tool")
        terms = ToolTerms(name=called, prompt=prompt, side_effect=side_effect, trusted=trusted)
        return self._tools.wrap(function, terms)

    def conversation(self) -> AbstractContextManager[Conversation]:
        """Begin a conversation that no untrusted text has entered, for a ``with`` block."""
        return conversation()

    def decisions(
        self, *, action: str = "", boundary: str = "", trace_id: str = "", limit: int = 200
    ) -> DecisionList:
        """Return what was found, refused or asked about at the boundaries, the newest first."""
        return self.log.list(action=action, boundary=boundary, trace_id=trace_id, limit=limit)

    def pending(self, *, all_states: bool = False) -> PendingList:
        """Return what waits for a person; with ``all_states`` what was answered, too."""
        return self.questions.list(all_states=all_states)

    def allow(self, question: str, note: str = "") -> PendingQuestion:
        """Say yes to a question, by its id. Raises ``AccessDeniedError`` and ``UsageError``."""
        return self.questions.answer(question, allow=True, note=note)

    def deny(self, question: str, note: str = "") -> PendingQuestion:
        """Say no to a question, by its id. Raises ``AccessDeniedError`` and ``UsageError``."""
        return self.questions.answer(question, allow=False, note=note)

    def restore(self, text: str, trace_id: str, principal: str | None = None) -> str:
        """Put back what was redacted in a trace, for somebody who may have it.

        Where ``guard.restorable`` is set. Raises ``AccessDeniedError``; each time is recorded.
        """
        return self._vault(trace_id).restore(text, self._access().principal(principal))

    def passages(self, corpus: str, found: list[list[Passage]]) -> list[list[Passage]]:
        """Return what a search found as it may go on: redacted, without what is refused.

        Raises ``BlockedError`` only where a detector could not look.
        """
        if any(found):
            mark_untrusted(f"corpus {corpus}")
        if self._boundaries is None:
            return found
        from llmops_magics.workbench.guarded_passages import checked_passages

        return checked_passages(self._boundaries, corpus, found)

    def interceptor(self, describe: Callable[[ChatResponse], dict[str, Any]]) -> GuardInterceptor:
        """Return the boundaries of the model client; raises ``ConfigError``."""
        from llmops_magics.guard.boundary.interceptor import GuardInterceptor

        if self._boundaries is None:
            raise ConfigError("llmops.toml has no section [guard].")
        return GuardInterceptor(self._boundaries, describe)

    @cached_property
    def questions(self) -> PendingRegistry:
        """The questions that wait for a person."""
        from llmops_magics.guard.boundary.pending import PendingRegistry

        return PendingRegistry(self._store, self._actor, self._may_answer)

    @cached_property
    def log(self) -> DecisionLog:
        """What was decided."""
        from llmops_magics.guard.boundary.decision_log import DecisionLog

        return DecisionLog(self._store, self._actor)

    @cached_property
    def _boundaries(self) -> Boundaries | None:
        settings = self._settings()
        if not settings.is_guarded:
            return None
        from llmops_magics.guard.boundary.boundaries import Boundaries
        from llmops_magics.guard.boundary.masking import Placeholders, VaultRedactor

        return Boundaries(
            settings.guard,
            environment=settings.environment,
            canaries=_canaries(settings.guard.canaries_env),
            tracing=self._tracing,
            log=self.log,
            pending=self.questions,
            keeps_content=settings.trace.keeps_content,
            redactor=partial(VaultRedactor, self._vault)
            if settings.guard.restorable
            else Placeholders,
        )

    @cached_property
    def _tools(self) -> ToolGuard:
        from llmops_magics.guard.boundary.tool import ToolGuard

        return ToolGuard(
            self._boundaries, self._ask_for_tool, self._authorize, self._operations, self.questions
        )

    def _vault(self, trace_id: str) -> Vault:
        from llmops_magics.guard.vault.vault import Vault

        return Vault(
            self._store(),
            f"trace:{trace_id}",
            may_restore=self._access().may_restore,
            actor=self._actor,
        )

    def _authorize(self, tool: str, arguments: Any, **known: Any) -> AccessDecision:
        access = self._access()
        decision = access.check_call(tool, arguments, **known)
        if decision.allowed or (decision.needs_yes and not known["confirmed"]):
            return decision
        return access.enforce(decision)

    def _ask_for_tool(
        self, tool: str, reason: str, shown: str, sources: tuple[str, ...]
    ) -> PendingQuestion:
        settings = self._settings()
        question = self.questions.question(
            timeout_s=settings.guard.ask_timeout_s,
            shown=shown if settings.trace.keeps_content else "",
            boundary="tool_call",
            subject=f"{_TOOL}{tool}"[:300],
            reason=reason,
            environment=settings.environment,
        )
        self.log.ask(question, {"reason": reason, "sources": list(sources)})
        return question

    def _may_answer(self, who: str, question: PendingQuestion) -> None:
        from llmops_magics.guard.access.resource import Resource

        is_tool = question.subject.startswith(_TOOL)
        kind, name = "boundary", question.boundary
        if is_tool:
            kind, name = "tool", question.subject.removeprefix(_TOOL)
        resource = Resource(kind=kind, name=name, author=question.actor)
        self._access().require(who, "answer_pending", resource)


def _canaries(variables: Sequence[str]) -> tuple[str, ...]:
    """Return the planted tokens; raises ``ConfigError`` for a variable that holds none."""
    tokens: list[str] = []
    for variable in variables:
        named = [each.strip() for each in os.environ.get(variable, "").split(",") if each.strip()]
        if not named:
            raise ConfigError(
                f"guard.canaries_env names {variable}, which holds no token.",
                hint="Set it, or take it out: a canary that is not known cannot be seen to leak.",
            )
        tokens += named
    return tuple(tokens)
